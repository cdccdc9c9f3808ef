/**
 * Follows a node's routes through the fleet. Sources: RFC 4271 (a route from iBGP is not passed on
 * by iBGP; a path with the own AS number is refused), RFC 4456 (reflectors, cluster list). To
 * Calico every iBGP neighbour of a node with a cluster ID is a client where the peering is by
 * address (confd/pkg/backends/calico/bgp_processor.go).
 */
import type { RouteGraph, Speaker } from './route-graph.ts';

export interface SpreadRules {
  /** False: ignores that reflectors check the cluster list. */
  readonly obeysClusterList: boolean;
}

interface Heard {
  readonly at: Speaker;
  readonly by: 'own' | 'ibgp' | 'ebgp';
  /** Cluster IDs of the reflectors on the route's path. */
  readonly clusters: ReadonlySet<string>;
  readonly path: ReadonlySet<number | undefined>;
}

/** All speakers that learn the routes of `origin`, including itself. */
export function spreadRoute(
  graph: RouteGraph,
  origin: Speaker,
  rules: SpreadRules,
): ReadonlySet<Speaker> {
  const reached = new Map<Speaker, Heard[]>();
  const queue: Heard[] = [];
  let toldRouters = false;
  const hear = (heard: Heard): void => {
    const known = reached.get(heard.at) ?? [];
    if (known.some((one) => isAsGood(one, heard))) return;
    reached.set(heard.at, [...known, heard]);
    queue.push(heard);
  };
  hear({ at: origin, by: 'own', clusters: new Set(), path: new Set() });
  for (let heard = queue.shift(); heard !== undefined; heard = queue.shift()) {
    // All have it. In a mesh of many AS numbers the other ways would take seconds.
    if (reached.size === graph.speakers.length) break;
    for (const to of graph.neighbours(heard.at)) {
      const next = pass(heard, to, rules);
      if (next !== undefined) hear(next);
    }
    if (!heard.at.meetsRouters || toldRouters) continue;
    toldRouters = true;
    // Routers may pass everything on to all their neighbours.
    for (const at of graph.speakers.filter(({ meetsRouters }) => meetsRouters)) {
      hear({ at, by: 'ebgp', clusters: new Set(), path: new Set() });
    }
  }
  return new Set(reached.keys());
}

function pass(heard: Heard, to: Speaker, { obeysClusterList }: SpreadRules): Heard | undefined {
  const { at, by, clusters, path } = heard;
  if (at.asNumber !== to.asNumber) {
    const longer = new Set([...path, at.asNumber]);
    if (longer.has(to.asNumber)) return undefined;
    return { at: to, by: 'ebgp', clusters: new Set(), path: longer };
  }
  if (by !== 'ibgp') return { at: to, by: 'ibgp', clusters, path };
  if (at.clusterId === undefined) return undefined;
  const reflected = new Set([...clusters, at.clusterId]);
  const isLoop = to.clusterId !== undefined && reflected.has(to.clusterId);
  if (obeysClusterList && isLoop) return undefined;
  return { at: to, by: 'ibgp', clusters: reflected, path };
}

/** Whether the known route spreads at least as far as this one. */
function isAsGood(known: Heard, heard: Heard): boolean {
  return (
    (known.by !== 'ibgp' || heard.by === 'ibgp') &&
    [...known.clusters].every((id) => heard.clusters.has(id)) &&
    [...known.path].every((number) => heard.path.has(number))
  );
}
