/**
 * Calico's settings of a node on Kubernetes: annotations and labels of the core Node. Source:
 * libcalico-go/lib/backend/k8s/resources/node.go.
 */
import { kubernetesNodeSettings } from '../../../../core/observe/node-settings.ts';
import {
  nodeFields,
  nodeValues,
  type NodeSettings,
  type NodeValue,
} from '../../../../core/calico/node.ts';
import { groupLabelValue } from '../../../../core/render/documents/node-commands.ts';

export { kubernetesNodeSettings as nodeSettingsOf };

type Texts = Readonly<Record<string, string | null>>;

export interface NodePatch {
  readonly metadata: { readonly annotations: Texts; readonly labels: Texts };
}

/** The merge patch that gives the node these settings; undefined: it has them already. */
export function nodePatch(node: unknown, after: NodeSettings): NodePatch | undefined {
  const before = kubernetesNodeSettings(node);
  const desired = new Set(after.groupLabels);
  const had = new Set(before.groupLabels);
  const annotations = Object.fromEntries(
    nodeValues.flatMap((name) =>
      Object.entries(difference(nodeFields[name].annotation, before[name], after[name])),
    ),
  );
  const labels = Object.fromEntries([
    ...after.groupLabels
      .filter((label) => !had.has(label))
      .map((label) => [label, groupLabelValue] as const),
    ...before.groupLabels
      .filter((label) => !desired.has(label))
      .map((label) => [label, null] as const),
  ]);
  const count = Object.keys(annotations).length + Object.keys(labels).length;
  return count === 0 ? undefined : { metadata: { annotations, labels } };
}

function difference(
  annotation: string,
  before: NodeSettings[NodeValue],
  after: NodeSettings[NodeValue],
): Texts {
  if (after === undefined || (after ?? undefined) === before) return {};
  return { [annotation]: after === null ? null : String(after) };
}
