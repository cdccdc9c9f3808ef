import type { Bgp, Network, Sourced } from '../config/model.ts';
import type { Place } from '../issue.ts';
import type { BGPConfiguration, DesiredResource } from './desired.ts';

/** `default`, with what the document manages of it; nothing where that is nothing. */
export function renderBgpConfiguration(bgp: Bgp): readonly DesiredResource[] {
  const { asNumber, nodeToNodeMesh, listenPort } = bgp;
  const { serviceClusterIPs, serviceExternalIPs, serviceLoadBalancerIPs } = bgp;
  const spec: BGPConfiguration['spec'] = {
    ...(asNumber && { asNumber: asNumber.value }),
    ...(nodeToNodeMesh && { nodeToNodeMeshEnabled: nodeToNodeMesh.value }),
    ...(listenPort && { listenPort: listenPort.value }),
    ...(serviceClusterIPs && { serviceClusterIPs: cidrs(serviceClusterIPs) }),
    ...(serviceExternalIPs && { serviceExternalIPs: cidrs(serviceExternalIPs) }),
    ...(serviceLoadBalancerIPs && { serviceLoadBalancerIPs: cidrs(serviceLoadBalancerIPs) }),
  };
  if (Object.keys(spec).length === 0) return [];
  const places: Record<keyof BGPConfiguration['spec'], Place | undefined> = {
    asNumber: asNumber?.place,
    nodeToNodeMeshEnabled: nodeToNodeMesh?.place,
    listenPort: listenPort?.place,
    serviceClusterIPs: serviceClusterIPs?.place,
    serviceExternalIPs: serviceExternalIPs?.place,
    serviceLoadBalancerIPs: serviceLoadBalancerIPs?.place,
  };
  return [
    {
      scope: { kind: 'cluster' },
      resource: {
        apiVersion: 'projectcalico.org/v3',
        kind: 'BGPConfiguration',
        metadata: { name: 'default' },
        spec,
      },
      reasons: Object.fromEntries(
        Object.entries(places).flatMap(([field, place]) =>
          place === undefined ? [] : [[`spec.${field}`, [{ rule: 'global', place }]]],
        ),
      ),
    },
  ];
}

function cidrs(
  networks: Sourced<readonly Sourced<Network>[]>,
): readonly { readonly cidr: string }[] {
  return networks.value.map(({ value }) => ({ cidr: value.cidr }));
}
