/**
 * Finds nodes that learned the routes of others under one configuration, and do not under the next.
 * Nodes that are alike under both count together, so that 5,000 clients are one class.
 */
import { groupBy } from '../../group-by.ts';
import type { Family, NetworkModel } from '../../config/model.ts';
import type { NodeFacts } from '../../facts/facts.ts';
import type { Resolution } from '../../resolve/resolution.ts';
import { fleetSessions } from '../session-map.ts';
import { familyFleet, routedFamilies } from './family-fleet.ts';
import { routeGraph, type RouteGraph, type Speaker } from './route-graph.ts';
import { spreadRoute } from './spread-route.ts';

/** A fleet under one configuration. */
export interface RoutingFleet {
  readonly model: NetworkModel;
  readonly nodes: readonly NodeFacts[];
  readonly resolutions: readonly Resolution[];
}

/** Each of `to` learned the routes of each of `from`, and does not any more. */
export interface LostRoutes {
  readonly family: Family;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export type FoundRoutes =
  | { readonly ok: true; readonly lost: readonly LostRoutes[] }
  /** The fleet has more kinds of nodes than can be compared in a second. */
  | { readonly ok: false; readonly kinds: number };

/** The most classes of nodes, each pair of which is compared. */
const maxClasses = 1000;
/** The most passes of a route over a session, for each of both fleets: half a second at most. */
const maxPasses = 1_000_000;
/** Lists of more sessions are not made. */
const maxEnds = 1_000_000;

export function lostRoutes(before: RoutingFleet, after: RoutingFleet): FoundRoutes {
  const lost: LostRoutes[] = [];
  for (const family of familiesOf(before)) {
    const [was, is] = [reachIn(before, family), reachIn(after, family)];
    if ('tooMany' in was) return { ok: false, kinds: was.tooMany };
    if ('tooMany' in is) return { ok: false, kinds: is.tooMany };
    const classes = [...groupBy(before.nodes, ({ name }) => classKey(name, was, is)).values()];
    if (classes.length > maxClasses) return { ok: false, kinds: classes.length };
    lost.push(...lostBetween(classes, family, was, is));
  }
  return { ok: true, lost };
}

function familiesOf({ model, nodes, resolutions }: RoutingFleet): readonly Family[] {
  return routedFamilies(model, nodes, resolutions);
}

/** Who learns whose routes. */
interface Reach {
  /** The speaker that stands for the node; undefined: it has no session of the family. */
  readonly kindOf: ReadonlyMap<string, Speaker>;
  /** The second speaker of the kind, if it has several nodes. */
  readonly secondOf: ReadonlyMap<Speaker, Speaker>;
  readonly spread: ReadonlyMap<Speaker, ReadonlySet<Speaker>>;
}

function reachIn(
  { model, nodes, resolutions }: RoutingFleet,
  family: Family,
): Reach | { readonly tooMany: number } {
  const { hasSession } = fleetSessions(model, nodes, resolutions);
  const fleet = familyFleet(model, nodes, resolutions.filter(hasSession), family);
  const speaking = fleet.resolutions.filter(fleet.sessions.hasSession);
  const graph = routeGraph(model, speaking, fleet.sessions);
  const { speakers } = graph;
  if (graph.ends > maxEnds) return { tooMany: speakers.length };
  const kinds = groupBy(speakers, ({ alike }) => alike[0]?.node);
  const kindOf = new Map<string, Speaker>();
  const secondOf = new Map<Speaker, Speaker>();
  for (const [first, second] of kinds.values()) {
    if (first === undefined) continue;
    for (const { node } of first.alike) kindOf.set(node, first);
    if (second !== undefined) secondOf.set(first, second);
  }
  const spread = new Map<Speaker, ReadonlySet<Speaker>>();
  let passes = 0;
  const counted: RouteGraph = {
    ...graph,
    neighbours: (one) => {
      const found = graph.neighbours(one);
      passes += found.length;
      return found;
    },
  };
  for (const one of speakers) {
    spread.set(one, spreadRoute(counted, one, { obeysClusterList: true }));
    if (passes > maxPasses) return { tooMany: speakers.length };
  }
  return { kindOf, secondOf, spread };
}

/** Undefined for a node that learned nothing before. */
function classKey(name: string, was: Reach, is: Reach): string | undefined {
  const kind = was.kindOf.get(name)?.resolution.node;
  if (kind === undefined) return undefined;
  return JSON.stringify([kind, is.kindOf.get(name)?.resolution.node]);
}

function lostBetween(
  classes: readonly (readonly NodeFacts[])[],
  family: Family,
  was: Reach,
  is: Reach,
): readonly LostRoutes[] {
  const deaf = classes.map((from) => ({
    from,
    to: classes.filter((to) => learns(was, from, to) && !learns(is, from, to)),
  }));
  const numbers = new Map(classes.map((one, index) => [one, index] as const));
  const alike = groupBy(
    deaf.filter(({ to }) => to.length > 0),
    ({ to }) => to.map((one) => String(numbers.get(one))).join(' '),
  );
  return [...alike.values()].map((same) => ({
    family,
    from: same.flatMap(({ from }) => from.map(({ name }) => name)),
    to: (same[0]?.to ?? []).flat().map(({ name }) => name),
  }));
}

/** Whether nodes of one class learn the routes of others; of the same class, those of each other. */
function learns(
  { kindOf, secondOf, spread }: Reach,
  from: readonly NodeFacts[],
  to: readonly NodeFacts[],
): boolean {
  // A class of one node has nobody to learn from.
  if (from === to && from.length === 1) return true;
  const [source, target] = [from[0], to[0]].map((one) => kindOf.get(one?.name ?? ''));
  if (source === undefined || target === undefined) return false;
  if (source !== target) return spread.get(source)?.has(target) === true;
  const other = secondOf.get(source);
  return other !== undefined && spread.get(source)?.has(other) === true;
}
