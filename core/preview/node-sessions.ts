/**
 * The BGP sessions of each node under a configuration. The mesh of n nodes has n·(n−1) of them, so
 * it is kept as one set of members for each family.
 */
import type { Family } from '../config/model.ts';
import { bgpPort } from '../config/peer/neighbour.ts';
import { fleetSessions } from '../fabric/session-map.ts';
import type { Reason, ResolvedPeer, Resolution } from '../resolve/resolution.ts';
import type { FleetState, NodeState } from './fleet-state.ts';

/** A session that is not of the mesh: a peer of the node, or one that Calico mirrors. */
export interface PeerSession {
  /** Canonical. */
  readonly neighbor: string;
  readonly family: Family;
  /** Absent: the usual one. */
  readonly port?: number;
  readonly localAs: number | undefined;
  readonly remoteAs: number | undefined;
  readonly origin: 'configuration' | 'calico';
  readonly reasons: readonly Reason[];
}

export interface MeshMember {
  readonly node: string;
  /** Absent: the configuration does not give it; its neighbours take it for one of their own AS. */
  readonly asNumber: number | undefined;
}

export interface FleetSessionMap {
  /** By the neighbour's address and, where it is not the usual one, its port. */
  peersOf(node: NodeState): ReadonlyMap<string, PeerSession>;
  isMeshed(node: NodeState): boolean;
  /** The members of the mesh by address. */
  readonly mesh: Readonly<Record<Family, ReadonlyMap<string, MeshMember>>>;
  /** The nodes by address. */
  readonly nodeAt: ReadonlyMap<string, string>;
}

export const families = [4, 6] as const;

/** @param state undefined: nothing is known, and there are no sessions */
export function sessionMap(state: FleetState | undefined): FleetSessionMap {
  const none = new Map<string, PeerSession>();
  if (state === undefined) {
    const mesh = { 4: new Map<string, MeshMember>(), 6: new Map<string, MeshMember>() };
    return { peersOf: () => none, isMeshed: () => false, mesh, nodeAt: new Map() };
  }
  const { model, nodes } = state;
  const resolutions = nodes.map(({ resolution }) => resolution);
  const fleet = fleetSessions(
    model,
    nodes.map(({ facts }) => facts),
    resolutions,
  );
  const mirrored = mirroredSessions(state, fleet);
  const ofNodes = model.bgp.listenPort?.value;
  const usualPort = (address: string): number | undefined =>
    fleet.nodeAt.has(address) ? ofNodes : undefined;
  const isOn = model.bgp.nodeToNodeMesh?.value !== false;
  const isMeshed = ({ resolution }: NodeState): boolean =>
    isOn && resolution.routeReflectorClusterId === undefined;
  const meshed = nodes.filter(isMeshed);
  return {
    peersOf: ({ resolution }) => {
      const own = fleet
        .usablePeers(resolution)
        .map((peer) => ownSession(peer, resolution, usualPort(peer.address)));
      const others = mirrored.get(resolution.node) ?? [];
      // A peer of the node itself comes before the mirrored one.
      return new Map([...others, ...own].map((one) => [sessionKey(one), one] as const));
    },
    isMeshed,
    mesh: { 4: membersOf(meshed, 4), 6: membersOf(meshed, 6) },
    nodeAt: new Map([...fleet.nodeAt].map(([address, { node }]) => [address, node] as const)),
  };
}

export function sessionKey({ neighbor, port }: Pick<PeerSession, 'neighbor' | 'port'>): string {
  return port === undefined ? neighbor : `${neighbor} ${String(port)}`;
}

function ownSession(
  peer: ResolvedPeer,
  { asNumber }: Resolution,
  listenPort: number | undefined,
): PeerSession {
  const { address, family, port, asNumber: remoteAs, reasons } = peer;
  const isUsual = port === bgpPort || port === listenPort;
  return {
    neighbor: address,
    family,
    ...(port !== undefined && !isUsual && { port }),
    localAs: asNumber?.value,
    remoteAs,
    origin: 'configuration',
    reasons,
  };
}

/** The sessions that Calico makes on a node because it is the peer of another one. */
function mirroredSessions(
  { nodes }: FleetState,
  fleet: ReturnType<typeof fleetSessions>,
): ReadonlyMap<string, readonly PeerSession[]> {
  const found = new Map<string, PeerSession[]>();
  for (const { resolution, facts } of nodes) {
    const targets = new Set(fleet.peeredWith(resolution));
    if (targets.size === 0) continue;
    for (const { address, family, reasons } of fleet.usablePeers(resolution)) {
      const target = fleet.nodeAt.get(address);
      if (target === undefined || !targets.has(target)) continue;
      const sessions = found.get(target.node) ?? [];
      found.set(target.node, sessions);
      for (const own of facts.addresses) {
        if (own.family !== family) continue;
        sessions.push({
          neighbor: own.address,
          family,
          localAs: target.asNumber?.value,
          remoteAs: resolution.asNumber?.value,
          origin: 'calico',
          reasons,
        });
      }
    }
  }
  return found;
}

function membersOf(meshed: readonly NodeState[], family: Family): ReadonlyMap<string, MeshMember> {
  return new Map(
    meshed.flatMap(({ facts, resolution }) =>
      facts.addresses
        .filter((one) => one.family === family)
        .map(({ address }) => {
          const member = { node: facts.name, asNumber: resolution.asNumber?.value };
          return [address, member] as const;
        }),
    ),
  );
}
