/** The sessions that a node should have, by its configuration and the known nodes. */
import type { Family } from '../config/model.ts';
import type { NodeAddress } from '../facts/facts.ts';
import type { Resolution } from '../resolve/resolution.ts';

export interface ExpectedSession {
  /** Canonical. */
  readonly neighbor: string;
  readonly family: Family;
  /** Absent: the port of the node with this address, else 179. */
  readonly port?: number;
  /** Absent: not known. */
  readonly remoteAs?: number;
  /**
   * configuration: a peer of the accepted configuration. mesh: Calico's node-to-node mesh. calico:
   * Calico made it from another node's peer, or from a BGPPeer outside of the configuration.
   */
  readonly origin: 'configuration' | 'mesh' | 'calico';
  /** The Calico node with this address, where it is known. */
  readonly node?: string;
}

/** A node of the cluster, from the datastore. */
export interface KnownNode {
  readonly name: string;
  readonly asNumber?: number;
  readonly routeReflectorClusterId?: string;
}

/** All nodes of the cluster by each of their BGP addresses, canonical. */
export type KnownNodes = ReadonlyMap<string, KnownNode>;

export interface Expectations {
  readonly resolution: Resolution;
  /** This node's own. Empty: not known, and it may have both families. */
  readonly addresses: readonly NodeAddress[];
  /** Whether Calico's mesh is on; absent: the configuration does not say. */
  readonly mesh?: boolean;
  /** The mesh, and all other cluster-wide resources, stay as they are until a later revision. */
  readonly isMeshLater?: true;
  /** All nodes; absent: not known. */
  readonly nodes?: KnownNodes;
}

/** Yields the sessions one after the other, because there may be tens of thousands. */
export function* expectedSessions(expectations: Expectations): Generator<ExpectedSession, void> {
  yield* configured(expectations);
  yield* meshed(expectations);
}

function* configured({
  resolution,
  addresses,
  nodes,
}: Expectations): Generator<ExpectedSession, void> {
  const families = familiesOf(addresses);
  for (const { address, family, port, asNumber } of resolution.peers) {
    if (!families.includes(family)) continue;
    const node = nodes?.get(address)?.name;
    yield {
      neighbor: address,
      family,
      remoteAs: asNumber,
      origin: 'configuration',
      ...(port !== undefined && { port }),
      ...(node !== undefined && { node }),
    };
  }
}

/**
 * The sessions of the mesh, between all nodes without a cluster ID. A node without its own AS
 * number is rendered with the viewing node's (confd's templates).
 */
function* meshed(expectations: Expectations): Generator<ExpectedSession, void> {
  const { resolution, addresses, nodes } = expectations;
  if (expectations.mesh !== true || resolution.routeReflectorClusterId !== undefined) return;
  const own = resolution.asNumber?.value;
  const families = familiesOf(addresses);
  for (const [neighbor, node] of nodes ?? []) {
    const { name, asNumber = own, routeReflectorClusterId } = node;
    const family = familyOf(neighbor);
    const isOther = name !== resolution.node && families.includes(family);
    if (!isOther || routeReflectorClusterId !== undefined) continue;
    const remoteAs = asNumber === undefined ? {} : { remoteAs: asNumber };
    yield { neighbor, family, origin: 'mesh', node: name, ...remoteAs };
  }
}

function familiesOf(addresses: readonly NodeAddress[]): readonly Family[] {
  return addresses.length === 0 ? [4, 6] : addresses.map(({ family }) => family);
}

/** @param address canonical */
export function familyOf(address: string): Family {
  return address.includes(':') ? 6 : 4;
}
