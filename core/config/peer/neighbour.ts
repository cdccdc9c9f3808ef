/**
 * A neighbour: an address and a port, by default that of BGP. A node can have only one session with
 * a neighbour, however objects and rules spell it.
 */
import type { PeerSettings } from '../model.ts';

/** The port of a peer whose rule names none (IANA service name bgp). */
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
