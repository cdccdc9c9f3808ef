/** When two BGPPeers may mean one session: Calico then takes one of them, and not always the same. */
import { neighbourOf, parsePeerIp } from '../../calico/neighbour.ts';
import { groupBy } from '../../group-by.ts';
import type { BGPPeer } from '../../calico/resource.ts';

/** With or without the port: the same neighbour, and to BIRD two protocols of different names. */
export function spellPortAlike(one: BGPPeer, other: BGPPeer): boolean {
  return parsePeerIp(one.spec.peerIP).port === parsePeerIp(other.spec.peerIP).port;
}

export function byNeighbour<T>(
  peers: readonly T[],
  peerOf: (one: T) => BGPPeer | undefined,
): ReadonlyMap<string, readonly T[]> {
  return groupBy(peers, (one) => {
    const peer = peerOf(one);
    return peer === undefined ? undefined : neighbourOf(peer);
  });
}

/** Only two names of nodes tell for certain; what a selector matches may change at any time. */
export function mayShareNode(one: BGPPeer, other: BGPPeer): boolean {
  const [left, right] = [one.spec.node, other.spec.node];
  return left === undefined || right === undefined || left === right;
}
