/** The sessions between nodes, as far as the configuration and the nodes' facts tell. */
import type { NetworkModel } from '../config/model.ts';
import type { NodeFacts } from '../facts/facts.ts';
import type { Resolution, ResolvedPeer } from '../resolve/resolution.ts';

export interface FleetSessions {
  /** The nodes by their own addresses. */
  readonly nodeAt: ReadonlyMap<string, Resolution>;
  /** The peers of a family that the node has. */
  usablePeers(resolution: Resolution): readonly ResolvedPeer[];
  /** The nodes of the fleet that are its peers, with a session that can come up. */
  peeredWith(resolution: Resolution): readonly Resolution[];
  /**
   * Whether the node has a session: in the mesh, by its own peer, or by another node's peer that
   * Calico mirrors.
   */
  hasSession(resolution: Resolution): boolean;
}

export function fleetSessions(
  { bgp }: NetworkModel,
  nodes: readonly NodeFacts[],
  resolutions: readonly Resolution[],
): FleetSessions {
  const factsOf = new Map(nodes.map((facts) => [facts.name, facts] as const));
  const nodeAt = new Map(
    resolutions.flatMap((resolution) =>
      (factsOf.get(resolution.node)?.addresses ?? []).map(
        ({ address }) => [address, resolution] as const,
      ),
    ),
  );
  const usable = ({ node, peers }: Resolution): readonly ResolvedPeer[] =>
    reachable(factsOf.get(node), peers);
  const peered = new Map(
    resolutions.map((one) => {
      const targets = usable(one).flatMap((peer) => {
        const target = nodeAt.get(peer.address);
        return target !== undefined && isMirrored(peer, target, bgp.listenPort?.value)
          ? target
          : [];
      });
      return [one, targets] as const;
    }),
  );
  const mirrored = new Set([...peered.values()].flat());
  const isMeshed = (resolution: Resolution): boolean =>
    bgp.nodeToNodeMesh?.value !== false && resolution.routeReflectorClusterId === undefined;
  const meshIsEmpty = resolutions.length > 1 && resolutions.filter(isMeshed).length === 1;
  return {
    nodeAt,
    usablePeers: usable,
    peeredWith: (resolution) => peered.get(resolution) ?? [],
    hasSession: (resolution) =>
      (isMeshed(resolution) && !meshIsEmpty) ||
      mirrored.has(resolution) ||
      usable(resolution).length > 0,
  };
}

/** A node without a known address may have an address of any family. */
function reachable(
  facts: NodeFacts | undefined,
  peers: readonly ResolvedPeer[],
): readonly ResolvedPeer[] {
  const families = new Set(facts?.addresses.map(({ family }) => family));
  return families.size === 0 ? peers : peers.filter(({ family }) => families.has(family));
}

/**
 * A peering by address is mirrored on a node with that address, AS number and port
 * (confd/pkg/backends/calico/bgp_processor.go); an unknown value may match.
 */
function isMirrored(peer: ResolvedPeer, { asNumber }: Resolution, listenPort?: number): boolean {
  const isSamePort =
    peer.port === undefined || listenPort === undefined || peer.port === listenPort;
  return isSamePort && (asNumber === undefined || asNumber.value === peer.asNumber);
}
