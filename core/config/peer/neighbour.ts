/**
 * Whom a session is with: an address and a port, where no port is BGP's own. A node can have only
 * one session with a neighbour, however its objects and rules spell it.
 */
import type { PeerSettings } from '../model.ts';

/** Where a peer listens when its rule does not say (IANA service name bgp). */
export const bgpPort = 179;

export type Neighbour = Pick<PeerSettings, 'address' | 'family' | 'port'>;
export type AddressAndPort = Omit<Neighbour, 'family'>;

/** The same text for the same neighbour. */
export function peerKey({ address, port = bgpPort }: AddressAndPort): string {
  return `${address} ${port}`;
}

/** For sorting by port. */
export function comparePorts(one: AddressAndPort, other: AddressAndPort): number {
  return (one.port ?? bgpPort) - (other.port ?? bgpPort);
}
