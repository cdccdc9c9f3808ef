/** When two BGPPeers may mean one session: Calico then takes one of them, and not always the same. */
import { parseAddress } from '../../config/net/address.ts';
import { peerKey } from '../../config/net/peer-key.ts';
import { groupBy } from '../../group-by.ts';
import type { BGPPeer } from '../../render/desired.ts';

/** The neighbour's address and port, however they are spelled. */
export function neighbourOf({ spec }: BGPPeer): string {
  const [address, port] = splitPeerIp(spec.peerIP);
  const parsed = parseAddress(address);
  return peerKey({
    address: parsed.ok ? parsed.value.address : address,
    ...(port === undefined ? {} : { port: Number(port) }),
  });
}

/** With or without the port: the same neighbour, and to BIRD two protocols of different names. */
export function spellPortAlike(one: BGPPeer, other: BGPPeer): boolean {
  return splitPeerIp(one.spec.peerIP)[1] === splitPeerIp(other.spec.peerIP)[1];
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

/** `v4`, `v4:port`, `v6` or `[v6]:port`: libcalico-go/lib/validator/v3/validator.go. */
export function splitPeerIp(text: string): readonly [address: string, port: string | undefined] {
  const match = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? /^([^:]+):(\d+)$/.exec(text);
  return match === null ? [text, undefined] : [match[1] ?? text, match[2]];
}

/** Only two names of nodes tell for certain; what a selector matches may change at any time. */
export function mayShareNode(one: BGPPeer, other: BGPPeer): boolean {
  const [left, right] = [one.spec.node, other.spec.node];
  return left === undefined || right === undefined || left === right;
}
