/**
 * The fleet's BGP sessions as a graph. Nodes with the same sessions are alike, and two of each kind
 * stand for all, so that 5,000 clients of two reflectors make a graph of four.
 */
import { groupBy } from '../../group-by.ts';
import type { NetworkModel } from '../../config/model.ts';
import type { FleetSessions } from '../session-map.ts';
import type { Resolution } from '../../resolve/resolution.ts';

export interface Speaker {
  readonly resolution: Resolution;
  /** All nodes for which it stands, including itself. */
  readonly alike: readonly Resolution[];
  /** undefined: the cluster's own, which the configuration does not give. */
  readonly asNumber: number | undefined;
  /** For BIRD 0.0.0.0 means unset: it takes the router ID, which each node has for itself. */
  readonly clusterId: string | undefined;
  /** It has a session with a router that is not a node, whose routes are not known here. */
  readonly meetsRouters: boolean;
}

export interface RouteGraph {
  readonly speakers: readonly Speaker[];
  /** At least the number of sessions' ends, and one for each speaker: known without any list. */
  readonly ends: number;
  neighbours(speaker: Speaker): readonly Speaker[];
}

/** @param resolutions those of nodes with a session, of any family */
export function routeGraph(
  model: NetworkModel,
  resolutions: readonly Resolution[],
  sessions: FleetSessions,
): RouteGraph {
  const peered = peeredNodes(resolutions, sessions);
  const isMeshed = (one: Resolution): boolean =>
    model.bgp.nodeToNodeMesh?.value !== false && one.routeReflectorClusterId === undefined;
  const numberOf = new Map(resolutions.map((one, index) => [one, index] as const));
  const meetsRouters = (one: Resolution): boolean =>
    sessions.usablePeers(one).some(({ address }) => !sessions.nodeAt.has(address));
  const kindOf = (one: Resolution): string => {
    const numbers = [...(peered.get(one) ?? [])].map((other) => numberOf.get(other) ?? -1);
    const clusterId = one.routeReflectorClusterId?.value;
    // The key of alike nodes: their own properties, and their neighbours.
    return JSON.stringify([
      one.asNumber?.value,
      clusterId,
      isMeshed(one),
      meetsRouters(one),
      numbers.toSorted((a, b) => a - b),
    ]);
  };
  const speakers = [...groupBy(resolutions, kindOf).values()].flatMap((alike) =>
    alike.slice(0, 2).map((resolution) => speakerOf(resolution, alike, meetsRouters(resolution))),
  );
  const speakerAt = new Map(speakers.map((one) => [one.resolution, one] as const));
  const meshed = speakers.filter(({ resolution }) => isMeshed(resolution));
  const peersOf = ({ resolution }: Speaker): readonly Resolution[] => [
    ...(peered.get(resolution) ?? []),
  ];
  const known = new Map<Speaker, readonly Speaker[]>();
  const find = (one: Speaker): readonly Speaker[] => {
    const ofPeers = peersOf(one).flatMap((other) => speakerAt.get(other) ?? []);
    const ofMesh = isMeshed(one.resolution) ? meshed.filter((other) => other !== one) : [];
    const found = [...new Set([...ofPeers, ...ofMesh])];
    known.set(one, found);
    return found;
  };
  const endsOf = (one: Speaker): number =>
    1 + peersOf(one).length + (isMeshed(one.resolution) ? meshed.length - 1 : 0);
  return {
    speakers,
    ends: speakers.reduce((sum, one) => sum + endsOf(one), 0),
    // Made when first asked for: a graph with too many kinds of nodes is not followed at all.
    neighbours: (speaker) => known.get(speaker) ?? find(speaker),
  };
}

function speakerOf(
  resolution: Resolution,
  alike: readonly Resolution[],
  meetsRouters: boolean,
): Speaker {
  const id = resolution.routeReflectorClusterId?.value;
  return {
    resolution,
    alike,
    asNumber: resolution.asNumber?.value,
    clusterId: id === '0.0.0.0' ? `router ID of ${resolution.node}` : id,
    meetsRouters,
  };
}

/** Pairs in both directions, because Calico mirrors such a peering on the other node. */
function peeredNodes(
  resolutions: readonly Resolution[],
  sessions: FleetSessions,
): ReadonlyMap<Resolution, ReadonlySet<Resolution>> {
  const found = new Map<Resolution, Set<Resolution>>(resolutions.map((one) => [one, new Set()]));
  for (const one of resolutions) {
    for (const other of sessions.peeredWith(one)) {
      found.get(one)?.add(other);
      found.get(other)?.add(one);
    }
  }
  return found;
}
