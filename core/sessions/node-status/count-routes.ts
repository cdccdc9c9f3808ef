import { parseAddress } from '../../config/net/address.ts';
import { textAt } from '../../input/plain-data.ts';

export type RoutesByPeer = ReadonlyMap<
  string,
  { readonly imported: number; readonly preferred: number }
>;

/**
 * Counts the routes from each peer, and those among them that BIRD prefers.
 * @param routes of a CalicoNodeStatus: type FIB is a preferred route, RIB is another one
 */
export function countRoutes(routes: readonly unknown[]): RoutesByPeer {
  const counts = new Map<string, { imported: number; preferred: number }>();
  for (const route of routes) {
    const peer = peerOf(textAt(route, 'learnedFrom', 'peerIP'));
    if (peer === undefined) continue;
    const count = counts.get(peer) ?? { imported: 0, preferred: 0 };
    count.imported += 1;
    if (textAt(route, 'type') === 'FIB') count.preferred += 1;
    counts.set(peer, count);
  }
  return counts;
}

/**
 * The address of a route's peer, which calico-node makes from the session's name, with its port:
 * 10.0.0.1.port.1179.
 */
function peerOf(text: string | undefined): string | undefined {
  const parsed = parseAddress((text ?? '').replace(/[.:]port[.:]\d+$/, ''));
  return parsed.ok ? parsed.value.address : undefined;
}
