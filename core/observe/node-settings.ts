/** Reads the settings of a node that an agent sets: AS number, cluster ID, labels of groups. */
import { nodeFields, type NodeSettings } from '../calico/node.ts';
import { entriesAt, valueAt } from '../input/plain-data.ts';
import { groupLabelPrefix } from '../render/group-labels.ts';

/** From Calico's own Node. */
export function calicoNodeSettings(node: unknown): NodeSettings {
  return settings(node, ({ path }) => valueAt(node, ...path));
}

/** From Kubernetes' core Node, by its annotations. */
export function kubernetesNodeSettings(node: unknown): NodeSettings {
  return settings(node, ({ annotation }) => valueAt(node, 'metadata', 'annotations', annotation));
}

type Where = Pick<(typeof nodeFields)[keyof typeof nodeFields], 'annotation' | 'path'>;

function settings(node: unknown, valueOf: (where: Where) => unknown): NodeSettings {
  const values = Object.entries(nodeFields).flatMap(([name, field]) => {
    const value = field.read(valueOf(field));
    return value === undefined ? [] : [[name, value] as const];
  });
  const groupLabels = entriesAt(node, 'metadata', 'labels')
    .flatMap(([label]) => (label.startsWith(groupLabelPrefix) ? [label] : []))
    .sort();
  return { ...Object.fromEntries(values), groupLabels };
}
