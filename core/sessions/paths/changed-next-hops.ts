/** Routes that go by another BGP neighbour since the AS numbers changed, although nothing asks for it. */
import type { Resolution } from '../../resolve/resolution.ts';
import type { KernelRoute } from '../parse-kernel-routes.ts';

/** The next hops to each destination. */
export type NextHops = ReadonlyMap<string, readonly string[]>;

export interface ChangedNextHops {
  readonly routes: number;
  /** The first of them, by destination. */
  readonly destination: string;
  readonly nextHop: string;
  readonly before: string;
}

/** A larger table is not kept. */
const maxDestinations = 5000;

/** undefined: there are too many. */
export function nextHopsOf(routes: readonly KernelRoute[]): NextHops | undefined {
  if (routes.length > maxDestinations) return undefined;
  return new Map(routes.map((route) => [route.destination, gatewaysOf(route)]));
}

function gatewaysOf({ nextHops }: KernelRoute): readonly string[] {
  return nextHops.flatMap(({ gateway }) => gateway ?? []);
}

/** A node's configuration, as far as it decides about next hops. */
export interface Routing {
  readonly peers: Resolution['peers'];
  /** Absent: not known. */
  readonly asNumber?: number;
  /** Absent: the configuration does not say. */
  readonly mesh?: boolean;
}

/**
 * The addresses that may become next hops by the change. A neighbour with another AS number names
 * itself as next hop; one with the same number passes the next hop on (RFC 4271, 5.1.3), unless it is
 * told otherwise, which may be so with a new one. undefined: the mesh came on, so every node may.
 */
export function newNextHops(before: Routing, after: Routing): ReadonlySet<string> | undefined {
  if (after.mesh === true && before.mesh !== true) return undefined;
  const known = new Set(before.peers.map(({ address }) => address));
  return new Set(
    after.peers.flatMap(({ address, asNumber }) =>
      asNumber !== after.asNumber || !known.has(address) ? [address] : [],
    ),
  );
}

export interface Neighbours {
  /** As newNextHops says. */
  readonly mayLead: ReadonlySet<string>;
  /** All neighbours of BIRD's sessions. Another next hop is a gateway on the way to one. */
  readonly all: ReadonlySet<string>;
}

/** undefined: none goes by another neighbour. */
export function changedNextHops(
  before: NextHops,
  routes: readonly KernelRoute[],
  { mayLead, all }: Neighbours,
): ChangedNextHops | undefined {
  const changed = routes.flatMap((route) => {
    const { destination } = route;
    const [first, ...more] = before.get(destination) ?? [];
    if (first === undefined) return [];
    const isOdd = (hop: string): boolean =>
      ![first, ...more].includes(hop) && all.has(hop) && !mayLead.has(hop);
    const nextHop = gatewaysOf(route).find(isOdd);
    return nextHop === undefined ? [] : [{ destination, nextHop, before: first }];
  });
  const [one] = changed.toSorted((a, b) => (a.destination < b.destination ? -1 : 1));
  return one && { routes: changed.length, ...one };
}
