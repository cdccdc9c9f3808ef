/**
 * What Calico keeps of a node on Kubernetes: annotations of the core Node, and labels.
 * Source: libcalico-go/lib/backend/k8s/resources/node.go.
 */
import { entriesAt, textAt } from '../../../core/facts/plain-data.ts';
import type { NodeSettings } from '../../../core/render/desired.ts';
import { groupLabelPrefix } from '../../../core/render/group-labels.ts';
import { groupLabelValue } from '../../../core/render/node-commands.ts';

const asNumberAnnotation = 'projectcalico.org/ASNumber';
const clusterIdAnnotation = 'projectcalico.org/RouteReflectorClusterID';

export function nodeSettingsOf(node: unknown): NodeSettings {
  const asNumber = asNumberOf(textAt(node, 'metadata', 'annotations', asNumberAnnotation));
  const clusterId = textAt(node, 'metadata', 'annotations', clusterIdAnnotation) ?? '';
  return {
    ...(asNumber !== undefined && { asNumber }),
    ...(clusterId !== '' && { routeReflectorClusterID: clusterId }),
    groupLabels: entriesAt(node, 'metadata', 'labels')
      .flatMap(([label]) => (label.startsWith(groupLabelPrefix) ? [label] : []))
      .sort(),
  };
}

/** Plain, or dotted: api/pkg/lib/numorstring/asnumber.go. What is neither, Calico ignores. */
function asNumberOf(text: string | undefined): number | undefined {
  const [, high, low] = /^(?:(\d{1,5})\.)?(\d{1,10})$/u.exec(text ?? '') ?? [];
  if (low === undefined) return undefined;
  const number = Number(high ?? 0) * 65_536 + Number(low);
  return number < 2 ** 32 ? number : undefined;
}

type Texts = Readonly<Record<string, string | null>>;

export interface NodePatch {
  readonly metadata: { readonly annotations: Texts; readonly labels: Texts };
}

/** A merge patch from what is there; undefined: nothing to do. */
export function nodePatch(node: unknown, after: NodeSettings): NodePatch | undefined {
  const before = nodeSettingsOf(node);
  const wanted = new Set(after.groupLabels);
  const had = new Set(before.groupLabels);
  const annotations = {
    ...difference(asNumberAnnotation, before.asNumber, after.asNumber),
    ...difference(
      clusterIdAnnotation,
      before.routeReflectorClusterID,
      after.routeReflectorClusterID,
    ),
  };
  const labels = Object.fromEntries([
    ...after.groupLabels
      .filter((label) => !had.has(label))
      .map((label) => [label, groupLabelValue] as const),
    ...before.groupLabels
      .filter((label) => !wanted.has(label))
      .map((label) => [label, null] as const),
  ]);
  const count = Object.keys(annotations).length + Object.keys(labels).length;
  return count === 0 ? undefined : { metadata: { annotations, labels } };
}

function difference(
  annotation: string,
  before: NodeSettings['asNumber' | 'routeReflectorClusterID'],
  after: NodeSettings['asNumber' | 'routeReflectorClusterID'],
): Texts {
  if (after === undefined || (after ?? undefined) === before) return {};
  return { [annotation]: after === null ? null : String(after) };
}
