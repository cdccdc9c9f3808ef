/** When two peers are one: an address and a port, where no port is BGP's own. */
import type { Peer } from './model.ts';

/** Where a peer listens when its rule does not say (IANA service name bgp). */
const bgpPort = 179;

type Session = Pick<Peer, 'address'> & { readonly port?: number };

/** Without port where it is BGP's own: `10.0.0.1:179` is no other peer than `10.0.0.1`. */
export function portOf({ port }: Session): number | undefined {
  return port === bgpPort ? undefined : port;
}

/** The same for two peers that a node has one session with. */
export function peerKey({ address, port = bgpPort }: Session): string {
  return `${address} ${port}`;
}

/** For sorting by port. */
export function comparePorts(one: Session, other: Session): number {
  return (one.port ?? bgpPort) - (other.port ?? bgpPort);
}
