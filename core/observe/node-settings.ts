/** What Calico keeps of a node that an agent sets: AS number, cluster ID, labels of groups. */
import { entriesAt, textAt, valueAt } from '../input/plain-data.ts';
import type { NodeSettings } from '../render/desired.ts';
import { groupLabelPrefix } from '../render/group-labels.ts';

export const asNumberAnnotation = 'projectcalico.org/ASNumber';
export const clusterIdAnnotation = 'projectcalico.org/RouteReflectorClusterID';

/** Of Calico's own Node: libcalico-go/lib/apis/internalapi/node.go. */
export function calicoNodeSettings(node: unknown): NodeSettings {
  const written = valueAt(node, 'spec', 'bgp', 'asNumber');
  return settings(
    // calicoctl writes a number; others may have written one as a text.
    asNumberOf(typeof written === 'number' ? String(written) : written),
    textAt(node, 'spec', 'bgp', 'routeReflectorClusterID'),
    node,
  );
}

/** Of Kubernetes' core Node, by its annotations: libcalico-go/lib/backend/k8s/resources/node.go. */
export function kubernetesNodeSettings(node: unknown): NodeSettings {
  return settings(
    asNumberOf(textAt(node, 'metadata', 'annotations', asNumberAnnotation)),
    textAt(node, 'metadata', 'annotations', clusterIdAnnotation),
    node,
  );
}

function settings(
  asNumber: number | undefined,
  clusterId: string | undefined,
  node: unknown,
): NodeSettings {
  return {
    ...(asNumber !== undefined && { asNumber }),
    ...(clusterId !== undefined && clusterId !== '' && { routeReflectorClusterID: clusterId }),
    groupLabels: entriesAt(node, 'metadata', 'labels')
      .flatMap(([label]) => (label.startsWith(groupLabelPrefix) ? [label] : []))
      .sort(),
  };
}

/** Plain, or dotted: api/pkg/lib/numorstring/asnumber.go. What is neither, Calico ignores. */
function asNumberOf(text: unknown): number | undefined {
  const written = typeof text === 'string' ? text : '';
  const [, high, low] = /^(?:(\d{1,5})\.)?(\d{1,10})$/u.exec(written) ?? [];
  if (low === undefined) return undefined;
  const number = Number(high ?? 0) * 65_536 + Number(low);
  return number < 2 ** 32 ? number : undefined;
}
