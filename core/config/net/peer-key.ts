/** When two peers are one neighbour: an address and a port, where no port is BGP's own. */
import type { Peer } from '../model.ts';

/** Where a peer listens when its rule does not say (IANA service name bgp). */
export const bgpPort = 179;

type Session = Pick<Peer, 'address'> & { readonly port?: number };

/** The same for two peers that a node can have only one session with. */
export function peerKey({ address, port = bgpPort }: Session): string {
  return `${address} ${port}`;
}

/** For sorting by port. */
export function comparePorts(one: Session, other: Session): number {
  return (one.port ?? bgpPort) - (other.port ?? bgpPort);
}
