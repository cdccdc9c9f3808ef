import type { Reason, Resolution, ResolvedPeer } from '../resolve/resolution.ts';
import type { BGPPeer, DesiredResource } from './desired.ts';
import type { GroupLabels } from './group-labels.ts';
import { nodePeerName, sharedPeerName, type Neighbour } from './peer-name.ts';

/** One BGPPeer per peer: of every node, or of the nodes that carry the label of its groups. */
export function renderSharedPeers({ peers }: GroupLabels): readonly DesiredResource[] {
  return peers.map(({ peer, reasons, nodes }) => {
    const { address, family, port, asNumber } = peer;
    const neighbour = { address, family, asNumber, ...(port === undefined ? {} : { port }) };
    const isGlobal = nodes === 'every node';
    const target = isGlobal ? {} : { nodeSelector: `has(${nodes.label})` };
    const name = sharedPeerName(neighbour, isGlobal ? undefined : nodes.hash);
    return {
      scope: { kind: 'cluster' },
      resource: bgpPeer(name, target, neighbour),
      reasons: reasonsOf(target, reasons),
    };
  });
}

/** As the charm writes it: one BGPPeer per node and peer. */
export function renderNodePeers({ node, peers }: Resolution): readonly DesiredResource[] {
  return peers.map((peer) => ({
    scope: { kind: 'node', node },
    resource: bgpPeer(nodePeerName(node, peer), { node }, peer),
    reasons: reasonsOf({ node }, peer.reasons),
  }));
}

type Target = Pick<BGPPeer['spec'], 'node' | 'nodeSelector'>;

function bgpPeer(name: string, target: Target, peer: Omit<ResolvedPeer, 'reasons'>): BGPPeer {
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'BGPPeer',
    metadata: { name },
    spec: { ...target, peerIP: peerIp(peer), asNumber: peer.asNumber },
  };
}

/** `v4`, `v4:port`, `v6` or `[v6]:port`: libcalico-go/lib/validator/v3/validator.go. */
function peerIp({ address, family, port }: Neighbour): string {
  if (port === undefined) return address;
  return family === 4 ? `${address}:${port}` : `[${address}]:${port}`;
}

function reasonsOf(target: Target, reasons: readonly Reason[]): DesiredResource['reasons'] {
  const fields = [...Object.keys(target), 'peerIP', 'asNumber'];
  return Object.fromEntries(fields.map((field) => [`spec.${field}`, reasons]));
}
