/**
 * The fleet's BGP sessions as a graph. Nodes that have the same sessions are alike: two of each kind
 * stand for all, so that 5,000 clients of two reflectors are a graph of four.
 */
import { groupBy } from '../../group-by.ts';
import type { NetworkModel } from '../../config/model.ts';
import type { FleetSessions } from '../session-map.ts';
import type { Resolution } from '../../resolve/resolution.ts';

export interface Speaker {
  readonly resolution: Resolution;
  /** All nodes that it stands for, itself among them. */
  readonly alike: readonly Resolution[];
  /** Absent: the one that all have, which the configuration does not say. */
  readonly asNumber: number | undefined;
  /** 0.0.0.0 is unset to BIRD, which takes the router ID then: each has its own. */
  readonly clusterId: string | undefined;
  /** It has a session with a router that is no node. What that one passes on, nobody here knows. */
  readonly meetsRouters: boolean;
}

export interface RouteGraph {
  readonly speakers: readonly Speaker[];
  neighbours(speaker: Speaker): readonly Speaker[];
}

/** @param resolutions of the nodes that have a session, of whatever family */
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
    // The cluster ID and the AS number are two of four things; the fifth says who it speaks with.
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
  const neighbours = new Map(
    speakers.map((one) => {
      const ofPeers = [...(peered.get(one.resolution) ?? [])].flatMap(
        (other) => speakerAt.get(other) ?? [],
      );
      const ofMesh = isMeshed(one.resolution) ? meshed.filter((other) => other !== one) : [];
      return [one, [...new Set([...ofPeers, ...ofMesh])]] as const;
    }),
  );
  return { speakers, neighbours: (speaker) => neighbours.get(speaker) ?? [] };
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

/** Both ways: Calico mirrors such a peering on the other node. */
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
