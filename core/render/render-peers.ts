import { bgpPeerFields, type BGPPeerSpec } from '../calico/bgp-peer.ts';
import { renderSpec } from '../calico/field.ts';
import { apiVersion } from '../calico/resource.ts';
import type { PeerSettings } from '../config/model.ts';
import type { Reason, Resolution } from '../resolve/resolution.ts';
import type { DesiredResource } from './desired.ts';
import type { GroupLabels } from './group-labels.ts';
import { nodePeerName, sharedPeerName } from './peer-name.ts';

/** One BGPPeer per peer, for every node, or for the nodes with the label of its groups. */
export function renderSharedPeers({ peers }: GroupLabels): readonly DesiredResource[] {
  return peers.map(({ peer, reasons, nodes }) => {
    const isGlobal = nodes === 'every node';
    const target = isGlobal ? {} : { nodeSelector: `has(${nodes.label})` };
    const name = sharedPeerName(peer, isGlobal ? undefined : nodes.hash);
    return { scope: { kind: 'cluster' }, ...bgpPeer(name, target, peer, reasons) };
  });
}

/** One BGPPeer per node and peer, as the charm writes them. */
export function renderNodePeers({ node, peers }: Resolution): readonly DesiredResource[] {
  return peers.map((peer) => ({
    scope: { kind: 'node', node },
    ...bgpPeer(nodePeerName(node, peer), { node }, peer, peer.reasons),
  }));
}

/** All fields of a peer have the rules that ask for it as their reasons. */
function bgpPeer(
  name: string,
  target: Pick<BGPPeerSpec, 'node' | 'nodeSelector'>,
  peer: PeerSettings,
  reasons: readonly Reason[],
): Pick<DesiredResource, 'resource' | 'reasons'> {
  const spec = renderSpec(bgpPeerFields, { ...peer, ...target });
  return {
    resource: { apiVersion, kind: 'BGPPeer', metadata: { name }, spec },
    reasons: Object.fromEntries(Object.keys(spec).map((field) => [`spec.${field}`, reasons])),
  };
}
