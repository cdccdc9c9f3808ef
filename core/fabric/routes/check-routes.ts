/** Finds nodes that have sessions, but never learn the routes of others. */
import { groupBy } from '../../group-by.ts';
import { issueAt } from '../../findings.ts';
import type { Family, NetworkModel } from '../../config/model.ts';
import type { NodeFacts } from '../../facts/facts.ts';
import type { Issue, Place } from '../../issue.ts';
import { nameSome } from '../../name-some.ts';
import type { FleetSessions } from '../session-map.ts';
import type { Resolution } from '../../resolve/resolution.ts';
import { familyFleet, routedFamilies, type FamilyFleet } from './family-fleet.ts';
import { routeGraph, type RouteGraph, type Speaker } from './route-graph.ts';
import { spreadRoute } from './spread-route.ts';

/**
 * The most passes of a route over a session; beyond that, checking each pair takes many seconds.
 */
const maxPasses = 10_000_000;

export function checkRoutes(
  model: NetworkModel,
  nodes: readonly NodeFacts[],
  resolutions: readonly Resolution[],
  sessions: FleetSessions,
): readonly Issue[] {
  const speaking = resolutions.filter(sessions.hasSession);
  const families = routedFamilies(model, nodes, speaking);
  const found = families.map((family) => ({
    family,
    issues: checkFamily(model, family, familyFleet(model, nodes, speaking, family)),
  }));
  const [first, second] = found;
  const isSame = (one: Issue, other: Issue | undefined): boolean => one.message === other?.message;
  if (first === undefined || second === undefined) return first?.issues ?? [];
  if (first.issues.length === second.issues.length) {
    const areSame = first.issues.every((one, index) => isSame(one, second.issues[index]));
    if (areSame) return first.issues;
  }
  return found.flatMap(({ family, issues }) =>
    issues.map((issue) => ({ ...issue, message: `IPv${family}: ${issue.message}` })),
  );
}

function checkFamily(
  model: NetworkModel,
  family: Family,
  { resolutions, sessions }: FamilyFleet,
): readonly Issue[] {
  if (resolutions.length > 1 && !resolutions.some(sessions.hasSession)) return [notCarried(family)];
  const graph = routeGraph(model, resolutions, sessions);
  const { speakers } = graph;
  if (speakers.length * graph.ends > maxPasses) return [tooMany(speakers.length)];
  const spread = new Map(
    speakers.map((one) => [one, spreadRoute(graph, one, { obeysClusterList: true })] as const),
  );
  const deaf = speakers.flatMap((from) => {
    const learned = spread.get(from);
    const never = speakers.filter((to) => learned?.has(to) === false);
    return never.length === 0 ? [] : [{ from, never }];
  });
  if (deaf.length === 0) return [];
  const shared = sharedClusterIds(speakers);
  const byClusterList = deaf.flatMap(({ from, never }) => {
    const without = spreadRoute(graph, from, { obeysClusterList: false });
    const pairs = never.filter((to) => without.has(to));
    return pairs.length === 0 ? [] : [{ from, never: pairs }];
  });
  if (shared.length > 0 && byClusterList.length > 0) {
    return shared.map((reflectors) => sharedIssue(reflectors, byClusterList));
  }
  return [cutIssue(model, graph, deaf)];
}

/** Calico runs one BIRD per family, so a session carries only routes of its addresses' family. */
function notCarried(family: Family): Issue {
  const other = family === 4 ? 6 : 4;
  const message = `no session carries IPv${family} routes, and pools are IPv${family}: all peers are IPv${other}, and a session carries the routes of its own family alone`;
  const hint = `give the nodes IPv${family} peers as well`;
  return issueAt(nowhere, 'warning', 'routes-not-carried', message, hint);
}

interface Deaf {
  readonly from: Speaker;
  readonly never: readonly Speaker[];
}

/** Reflectors by the cluster ID that several have. */
function sharedClusterIds(speakers: readonly Speaker[]): readonly (readonly Speaker[])[] {
  const reflectors = speakers.filter(({ clusterId }) => clusterId !== undefined);
  const groups = [...groupBy(reflectors, ({ clusterId }) => clusterId ?? '').values()];
  return groups.filter((group) => allOf(group).length > 1);
}

function sharedIssue(reflectors: readonly Speaker[], deaf: readonly Deaf[]): Issue {
  const id = reflectors[0]?.clusterId ?? '';
  const message = `the reflectors ${nameSome(allOf(reflectors))} share the cluster ID ${id} and drop what the other one passes on: ${pairText(deaf)}`;
  const hint =
    'give each reflector a cluster ID of its own, or every client all reflectors as peers';
  const place = reflectors[0]?.resolution.routeReflectorClusterId?.reason.place ?? nowhere;
  return issueAt(place, 'warning', 'reflectors-share-cluster-id', message, hint);
}

const nowhere: Place = { pointer: '' };

function cutIssue(model: NetworkModel, graph: RouteGraph, deaf: readonly Deaf[]): Issue {
  const place = model.bgp.nodeToNodeMesh?.place ?? nowhere;
  const islands = islandsOf(graph);
  if (islands.length > 1) {
    const shown = islands.slice(0, maxIslands).map((island) => nameSome(allOf(island)));
    const more = islands.length > maxIslands ? `; and ${islands.length - maxIslands} more` : '';
    const message = `the nodes are ${islands.length} groups without a session between them, and none learns the routes of another: ${shown.join('; ')}${more}`;
    const hint =
      'make a reflector of each group the peer of one of the others, or connect them by a router';
    return issueAt(place, 'warning', 'routes-cut', message, hint);
  }
  const message = `routes do not come everywhere: ${pairText(deaf)}; a node that is no reflector passes nothing on to its own AS`;
  const hint = 'give them a common reflector, or peer the reflectors with each other';
  return issueAt(place, 'warning', 'routes-not-learned', message, hint);
}

const maxIslands = 5;

function islandsOf({ speakers, neighbours }: RouteGraph): readonly (readonly Speaker[])[] {
  const left = new Set(speakers);
  const islands: Speaker[][] = [];
  for (const start of speakers) {
    if (!left.delete(start)) continue;
    const island = [start];
    for (const one of island) {
      const routers = one.meetsRouters ? speakers.filter(({ meetsRouters }) => meetsRouters) : [];
      for (const other of [...neighbours(one), ...routers]) {
        if (left.delete(other)) island.push(other);
      }
    }
    islands.push(island);
  }
  return islands;
}

/** The first pair, as `a, b never learn the routes of c, d`. */
function pairText(deaf: readonly Deaf[]): string {
  const [first] = deaf;
  if (first === undefined) return '';
  const [to, of] = [allOf(first.never), allOf([first.from])];
  if (of.every((name) => to.includes(name)))
    return `${nameSome(to)} never learn each other's routes`;
  return `${nameSome(to)} never learn${to.length === 1 ? 's' : ''} the routes of ${nameSome(of)}`;
}

function allOf(speakers: readonly Speaker[]): readonly string[] {
  return [...new Set(speakers.flatMap(({ alike }) => alike.map(({ node }) => node)))].sort();
}

function tooMany(count: number): Issue {
  const message = `whether all nodes learn each other's routes is not checked: ${count} kinds of nodes are too many`;
  return issueAt(nowhere, 'note', 'routes-not-checked', message);
}
