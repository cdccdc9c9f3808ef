/**
 * Compares two BGPPeers that may be for one session, of which Calico then takes one, and not always
 * the same.
 */
import { neighbourOf, parsePeerIp } from '../../calico/neighbour.ts';
import { groupBy } from '../../group-by.ts';
import type { BGPPeer } from '../../calico/resource.ts';

/**
 * Whether both have the port or neither: otherwise they are the same neighbour, but two protocols
 * for BIRD.
 */
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

/**
 * Whether both may be for the same node. Only two names of nodes are certain; the nodes of a
 * selector may change at any time.
 */
export function mayShareNode(one: BGPPeer, other: BGPPeer): boolean {
  const [left, right] = [one.spec.node, other.spec.node];
  return left === undefined || right === undefined || left === right;
}
