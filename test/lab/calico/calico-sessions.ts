/**
 * Which BGP sessions calico-node gives to a node: the mesh, the BGPPeers for it, and their mirror
 * images. Source: Calico's confd/pkg/backends/calico/client.go (peerings) and bgp_processor.go
 * (sessions). Not here: BGPFilters, local workloads, passwords (they are Secrets of Kubernetes).
 */
import {
  globalSettings,
  nodesMatching,
  nodesOf,
  numberIn,
  secondsIn,
  specsOf,
  textIn,
  type CalicoNode,
  type CalicoState,
  type Family,
  type GlobalSettings,
} from './calico-state.ts';

export interface CalicoSession {
  readonly name: string;
  readonly neighbor: string;
  readonly port?: number;
  /** 0 where nobody said one: BIRD refuses the file. */
  readonly asNumber: number;
  readonly localAs?: number;
  readonly sourceAddress?: string;
  readonly isPassive: boolean;
  /** Hops; absent: off. */
  readonly ttlSecurity?: number;
  /** The neighbour is a client of this route reflector. */
  readonly reflectsAs?: string;
  readonly nextHop?: 'keep' | 'self';
  readonly allowedLocalAs?: number;
  readonly restartSeconds?: number;
  readonly keepaliveSeconds?: number;
}

/** One side of a session, before it is known which node it is on. */
interface Peering {
  readonly address: string;
  readonly port?: number;
  readonly asNumber: number;
  readonly localAs?: number;
  /** Known only of nodes that a selector chose. */
  readonly clusterId?: string;
  /** The address of a node, given as an address. */
  readonly isNodeByAddress: boolean;
  readonly allowedLocalAs?: number;
  readonly peer: PeerSpec;
}

type PeerSpec = Readonly<Record<string, unknown>>;

/** In the order of their names, as in Calico's files. */
export function calicoSessions(
  state: CalicoState,
  nodeName: string,
  family: Family,
): readonly CalicoSession[] {
  const nodes = nodesOf(state);
  const settings = globalSettings(state);
  const node = nodes.find(({ name }) => name === nodeName);
  const own = node?.addresses[family];
  if (node === undefined || own === undefined) return [];
  const peerings = peeringsOf(state, nodes, settings);
  const isOfFamily = ({ address }: Peering): boolean => address.includes(':') === (family === 6);
  const sessionsAs = (
    prefix: string,
    found: ReadonlyMap<string, Peering> = new Map(),
  ): readonly CalicoSession[] =>
    [...found.values()]
      .filter((peering) => isOfFamily(peering) && peering.address !== own)
      .map((peering) => peerSession(prefix, peering, node, own, settings));
  return [
    ...meshSessions(nodes, node, own, family, settings),
    ...sessionsAs('Global', peerings.global),
    ...sessionsAs('Node', peerings.byNode.get(nodeName)),
  ].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/**
 * Without a cluster ID on either side, the node waits whose peer has the greater address as text.
 */
function meshSessions(
  nodes: readonly CalicoNode[],
  node: CalicoNode,
  own: string,
  family: Family,
  settings: GlobalSettings,
): readonly CalicoSession[] {
  if (!settings.isMeshed || node.clusterId !== undefined) return [];
  return nodes.flatMap((other) => {
    const neighbor = other.addresses[family];
    if (neighbor === undefined || neighbor === own || other.clusterId !== undefined) return [];
    const port = other.listenPort ?? settings.listenPort;
    return [
      {
        name: sessionName('Mesh', neighbor),
        neighbor,
        ...(port !== undefined && { port }),
        // A node without an AS number of its own is assumed to have the local one.
        asNumber: other.asNumber ?? node.asNumber ?? settings.asNumber,
        sourceAddress: own,
        isPassive: neighbor > own,
        ...(settings.meshRestartSeconds !== undefined && {
          restartSeconds: settings.meshRestartSeconds,
        }),
      },
    ];
  });
}

function sessionName(prefix: string, address: string, port?: number): string {
  const name = `${prefix}_${address.replaceAll(/[.:]/g, '_')}`;
  return port === undefined ? name : `${name}_port_${String(port)}`;
}

function peerSession(
  prefix: string,
  peering: Peering,
  node: CalicoNode,
  own: string,
  settings: GlobalSettings,
): CalicoSession {
  const { address, port, asNumber, localAs, clusterId, allowedLocalAs, peer } = peering;
  const isInternal = asNumber === (localAs ?? node.asNumber ?? settings.asNumber);
  const isClient = isInternal && clusterId !== node.clusterId;
  const ttlSecurity = numberIn(peer, 'ttlSecurity') ?? 0;
  const restartSeconds = secondsIn(peer, 'maxRestartTime');
  const keepaliveSeconds = secondsIn(peer, 'keepaliveTime');
  const nextHop = nextHopOf(peer, isInternal);
  return {
    name: sessionName(prefix, address, port),
    neighbor: address,
    ...(port !== undefined && { port }),
    asNumber,
    ...(localAs !== undefined && { localAs }),
    ...(textIn(peer, 'sourceAddress') !== 'None' && { sourceAddress: own }),
    isPassive: prefix === 'Global' && peering.isNodeByAddress && address > own,
    ...(ttlSecurity > 0 && { ttlSecurity }),
    ...(isClient && node.clusterId !== undefined && { reflectsAs: node.clusterId }),
    ...(nextHop !== undefined && { nextHop }),
    ...(allowedLocalAs !== undefined && { allowedLocalAs }),
    ...(restartSeconds !== undefined && { restartSeconds }),
    ...(keepaliveSeconds !== undefined && { keepaliveSeconds }),
  };
}

/**
 * nextHopMode, when it is set, wins over keepOriginalNextHop, which only counts for other AS
 * numbers.
 */
function nextHopOf(peer: PeerSpec, isInternal: boolean): 'keep' | 'self' | undefined {
  const mode = textIn(peer, 'nextHopMode');
  if (mode === 'Self') return 'self';
  if (mode === 'Keep') return 'keep';
  if (mode !== undefined) return undefined;
  return peer['keepOriginalNextHop'] === true && !isInternal ? 'keep' : undefined;
}

interface Peerings {
  /** By address and port. */
  readonly global: ReadonlyMap<string, Peering>;
  readonly byNode: ReadonlyMap<string, ReadonlyMap<string, Peering>>;
}

/**
 * The first for an address and port wins: peers of all nodes, then of some nodes, then mirror
 * images.
 */
function peeringsOf(
  state: CalicoState,
  nodes: readonly CalicoNode[],
  settings: GlobalSettings,
): Peerings {
  const peers = specsOf(state, 'BGPPeer').map(({ spec }) => spec);
  const global = new Map<string, Peering>();
  const byNode = new Map<string, Map<string, Peering>>(nodes.map(({ name }) => [name, new Map()]));
  const addToNodes = (on: readonly CalicoNode[], found: readonly Peering[]): void => {
    for (const { name } of on)
      for (const peering of found)
        if (!global.has(keyOf(peering))) addFirst(byNode.get(name), peering);
  };
  for (const peer of peers.filter((one) => localNodes(nodes, one) === undefined))
    for (const peering of remoteSides(peer, nodes, settings)) addFirst(global, peering);
  for (const peer of peers)
    addToNodes(localNodes(nodes, peer) ?? [], remoteSides(peer, nodes, settings));
  for (const peer of peers) {
    if (textIn(peer, 'reversePeering') === 'Manual') continue;
    const { on, families } = mirroredOn(peer, nodes, settings);
    const others = localNodes(nodes, peer) ?? nodes;
    addToNodes(
      on,
      others.flatMap((other) => nodeSides(other, families, peer, settings)),
    );
  }
  return { global, byNode };
}

function keyOf({ address, port }: Peering): string {
  return `${address} ${String(port)}`;
}

function addFirst(peerings: Map<string, Peering> | undefined, peering: Peering): void {
  if (peerings?.has(keyOf(peering)) === false) peerings.set(keyOf(peering), peering);
}

/** Undefined: the peer is one of all nodes. */
function localNodes(
  nodes: readonly CalicoNode[],
  peer: PeerSpec,
): readonly CalicoNode[] | undefined {
  const selector = textIn(peer, 'nodeSelector');
  if (selector !== undefined) return nodesMatching(nodes, selector);
  const name = textIn(peer, 'node');
  return name === undefined ? undefined : nodes.filter((node) => node.name === name);
}

function remoteSides(
  peer: PeerSpec,
  nodes: readonly CalicoNode[],
  settings: GlobalSettings,
): readonly Peering[] {
  const selector = textIn(peer, 'peerSelector');
  if (selector !== undefined)
    return nodesMatching(nodes, selector).flatMap((node) =>
      nodeSides(node, [4, 6], peer, settings),
    );
  const { address, port: given } = addressAndPort(peer);
  if (address === undefined) return [];
  const asNumber = numberIn(peer, 'asNumber') ?? 0;
  const [known] = nodesAt(nodes, address, asNumber, undefined, settings);
  const port = given ?? (known && (known.listenPort ?? settings.listenPort));
  const localAs = numberIn(peer, 'localASNumber');
  const allowedLocalAs = numberIn(peer, 'numAllowedLocalASNumbers');
  return [
    {
      address,
      ...(port !== undefined && { port }),
      asNumber,
      ...(localAs !== undefined && { localAs }),
      isNodeByAddress: nodes.some((node) => Object.values(node.addresses).includes(address)),
      ...(allowedLocalAs !== undefined && { allowedLocalAs }),
      peer,
    },
  ];
}

/** A session to a node, as other nodes see it. */
function nodeSides(
  node: CalicoNode,
  families: readonly Family[],
  peer: PeerSpec,
  settings: GlobalSettings,
): readonly Peering[] {
  const port = node.listenPort ?? settings.listenPort;
  return families.flatMap((family) => {
    const address = node.addresses[family];
    if (address === undefined) return [];
    return [
      {
        address,
        ...(port !== undefined && { port }),
        asNumber: node.asNumber ?? settings.asNumber,
        ...(node.clusterId !== undefined && { clusterId: node.clusterId }),
        isNodeByAddress: false,
        peer,
      },
    ];
  });
}

function mirroredOn(
  peer: PeerSpec,
  nodes: readonly CalicoNode[],
  settings: GlobalSettings,
): { readonly on: readonly CalicoNode[]; readonly families: readonly Family[] } {
  const selector = textIn(peer, 'peerSelector');
  if (selector !== undefined) return { on: nodesMatching(nodes, selector), families: [4, 6] };
  const { address, port } = addressAndPort(peer);
  if (address === undefined) return { on: [], families: [] };
  const asNumber = numberIn(peer, 'asNumber') ?? 0;
  return {
    on: nodesAt(nodes, address, asNumber, port, settings),
    families: [address.includes(':') ? 6 : 4],
  };
}

/** Those with this address and AS number; a port counts only when it is given. */
function nodesAt(
  nodes: readonly CalicoNode[],
  address: string,
  asNumber: number,
  port: number | undefined,
  settings: GlobalSettings,
): readonly CalicoNode[] {
  return nodes.filter((node) => {
    const listens = node.listenPort ?? settings.listenPort;
    return (
      Object.values(node.addresses).includes(address) &&
      (node.asNumber ?? settings.asNumber) === (asNumber === 0 ? settings.asNumber : asNumber) &&
      (port === undefined || listens === undefined || port === listens)
    );
  });
}

/** `10.0.0.1`, `10.0.0.1:1179`, `fd00::1`, `[fd00::1]:1179` */
function addressAndPort(peer: PeerSpec): { readonly address?: string; readonly port?: number } {
  const text = textIn(peer, 'peerIP');
  if (text === undefined) return {};
  const [, v6, v4, port] = /^(?:\[(.+)\]|([\d.]+)):(\d+)$/.exec(text) ?? [];
  const address = v6 ?? v4;
  return address === undefined ? { address: text } : { address, port: Number(port) };
}
