/**
 * A peer without a port is not the same as one with port 179: where it is a Calico node, Calico
 * dials the port on which that node listens [confd/pkg/backends/calico/bgp_processor.go]. So a
 * written 179 is kept. One such entry counts for all of the address: two BGPPeers, one with the
 * port and one without, would be two sessions with one router, and only one of them can come up.
 */
import { groupBy } from '../group-by.ts';
import { describePlace, type Findings } from '../findings.ts';
import type { NetworkDraft, Peer } from './model.ts';
import { bgpPort } from './peer/neighbour.ts';

type Part = Pick<NetworkDraft, 'bgp' | 'groups'>;

/** Peers without a port get 179 where another entry of the same address has it. */
export function unifyPorts<T extends Part>(draft: T, findings: Pick<Findings, 'note'>): T {
  const { bgp, groups } = draft;
  const peers = [...bgp.peers, ...groups.flatMap((group) => group.peers)];
  const withPort = groupBy(
    peers.filter(({ port }) => port === bgpPort),
    ({ address }) => address,
  );
  if (withPort.size === 0) return draft;
  const completed = (peer: Peer): Peer => {
    const [first] = withPort.get(peer.address) ?? [];
    if (peer.port !== undefined || first === undefined) return peer;
    const message = `peer ${peer.address} gets port ${bgpPort} here too, because another entry for this address has it ${describePlace(first.place)}`;
    findings.note(peer.place, 'peer-port-told', message);
    return { ...peer, port: bgpPort };
  };
  return {
    ...draft,
    bgp: { ...bgp, peers: bgp.peers.map(completed) },
    groups: groups.map((group) => ({ ...group, peers: group.peers.map(completed) })),
  };
}
