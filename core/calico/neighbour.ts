/**
 * Whom a session is with: an address and a port, where no port is BGP's own. A node can have only
 * one session with a neighbour, however its objects and rules spell it.
 */
import { parseAddress } from '../config/net/address.ts';
import type { PeerSettings } from '../config/model.ts';

/** Where a peer listens when its rule does not say (IANA service name bgp). */
export const bgpPort = 179;

export type Neighbour = Pick<PeerSettings, 'address' | 'family' | 'port'>;
type AddressAndPort = Omit<Neighbour, 'family'>;

/** The same text for the same neighbour. */
export function peerKey({ address, port = bgpPort }: AddressAndPort): string {
  return `${address} ${port}`;
}

/** For sorting by port. */
export function comparePorts(one: AddressAndPort, other: AddressAndPort): number {
  return (one.port ?? bgpPort) - (other.port ?? bgpPort);
}

/** `v4`, `v4:port`, `v6` or `[v6]:port`: libcalico-go/lib/validator/v3/validator.go. */
export function peerIp({ address, family, port }: Neighbour): string {
  if (port === undefined) return address;
  return family === 4 ? `${address}:${port}` : `[${address}]:${port}`;
}

/** A peerIP in its canonical spelling; one that cannot be read stays as it is. */
export function parsePeerIp(text: string): AddressAndPort {
  const [address, port] = splitPeerIp(text);
  const parsed = parseAddress(address);
  return {
    address: parsed.ok ? parsed.value.address : address,
    ...(port !== undefined && { port: Number(port) }),
  };
}

function splitPeerIp(text: string): readonly [address: string, port: string | undefined] {
  const match = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? /^([^:]+):(\d+)$/.exec(text);
  return match === null ? [text, undefined] : [match[1] ?? text, match[2]];
}

/** The peerKey of a BGPPeer's neighbour. */
export function neighbourOf({ spec }: { readonly spec: { readonly peerIP: string } }): string {
  return peerKey(parsePeerIp(spec.peerIP));
}
