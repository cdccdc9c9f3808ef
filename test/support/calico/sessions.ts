/**
 * The BGP sessions that calico-node makes from resources: a small model of calico-rules.md, "How
 * calico-node turns this into BIRD sessions" (confd/pkg/backends/calico/bgp_processor.go).
 */
import type { NodeSettings } from '../../../core/calico/node.ts';
import type { BGPPeer } from '../../../core/calico/resource.ts';
import { parseAddress } from '../../../core/config/net/address.ts';
import { parseSelector } from '../../../core/config/net/selector.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Desired } from '../../../core/render/desired.ts';

interface Node {
  readonly facts: NodeFacts;
  readonly labels: Readonly<Record<string, string>>;
  readonly asNumber: number;
  readonly ownAsNumber: number | undefined;
  readonly clusterId: string | undefined;
}

interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly asNumber: number;
}

/** Per node: `address:port remote AS, local AS, cluster ID, client or not`, sorted. */
export function sessionsOf(
  desired: Desired,
  fleet: readonly NodeFacts[],
): ReadonlyMap<string, readonly string[]> {
  const configuration = bgpConfiguration(desired);
  const nodes = fleet.map((facts) => nodeOf(facts, desired, configuration.asNumber ?? 64512));
  const peers = desired.resources.flatMap(({ resource }) =>
    resource.kind === 'BGPPeer' ? resource : [],
  );
  const isMesh = configuration.nodeToNodeMeshEnabled ?? true;
  return new Map(
    nodes.map((node) => {
      const ends = [
        ...peers.filter((peer) => isFor(peer, node)).map(endpointOf),
        ...nodes.flatMap((other) => mirrored(peers, other, node)),
        ...(isMesh ? nodes.flatMap((other) => meshed(other, node)) : []),
      ];
      return [node.facts.name, [...new Set(ends.flatMap((end) => sessionOf(end, node)))].sort()];
    }),
  );
}

function bgpConfiguration({ resources }: Desired): {
  readonly asNumber?: number;
  readonly nodeToNodeMeshEnabled?: boolean;
} {
  for (const { resource } of resources)
    if (resource.kind === 'BGPConfiguration') return resource.spec;
  return {};
}

function nodeOf(facts: NodeFacts, desired: Desired, asNumber: number): Node {
  const settings: NodeSettings = desired.nodes.find(({ name }) => name === facts.name)
    ?.settings ?? {
    groupLabels: [],
  };
  const own = settings.asNumber ?? undefined;
  const groupLabels = settings.groupLabels.map((label) => [label, 'true'] as const);
  return {
    facts,
    labels: { ...facts.labels, ...Object.fromEntries(groupLabels) },
    asNumber: own ?? asNumber,
    ownAsNumber: own,
    clusterId: settings.routeReflectorClusterID ?? undefined,
  };
}

function isFor({ spec }: BGPPeer, node: Node): boolean {
  if (spec.node !== undefined) return spec.node === node.facts.name;
  if (spec.nodeSelector === undefined) return true;
  const parsed = parseSelector(spec.nodeSelector);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.selector.matches(node.labels);
}

function endpointOf({ spec }: BGPPeer): Endpoint {
  const { asNumber, peerIP } = spec;
  const withPort = /^\[?(.*?)\]?:(\d+)$/.exec(peerIP);
  return parseAddress(peerIP).ok || withPort === null
    ? { address: peerIP, port: 179, asNumber }
    : { address: withPort[1] ?? '', port: Number(withPort[2]), asNumber };
}

/** Rule 3: a peering with a Calico node is made on the other node as well. */
function mirrored(peers: readonly BGPPeer[], from: Node, to: Node): readonly Endpoint[] {
  return peers
    .filter((peer) => isFor(peer, from))
    .map(endpointOf)
    .filter(({ address, asNumber, port }) => {
      return port === 179 && asNumber === to.asNumber && hasAddress(to, address);
    })
    .flatMap(({ address }) => endpointsOf(from, address, from.asNumber));
}

/** Rule 1; and a mesh peer without an AS number of its own has the local node's. */
function meshed(other: Node, viewing: Node): readonly Endpoint[] {
  if (other.clusterId !== undefined || viewing.clusterId !== undefined) return [];
  return viewing.facts.addresses.flatMap(({ address }) =>
    endpointsOf(other, address, other.ownAsNumber ?? viewing.asNumber),
  );
}

/** The node's ends, with addresses of the same family as an address of the other side. */
function endpointsOf(node: Node, likeAddress: string, asNumber: number): readonly Endpoint[] {
  const isV6 = likeAddress.includes(':');
  return node.facts.addresses
    .filter(({ family }) => (family === 6) === isV6)
    .map(({ address }) => ({ address, port: 179, asNumber }));
}

/** Rule 4: itself is skipped. BIRD of a family runs only with an address of it. */
function sessionOf({ address, port, asNumber }: Endpoint, node: Node): readonly string[] {
  const hasFamily = endpointsOf(node, address, 0).length > 0;
  if (hasAddress(node, address) || !hasFamily) return [];
  const isClient = asNumber === node.asNumber && node.clusterId !== undefined;
  const ours = `${node.asNumber}, ${node.clusterId ?? 'no reflector'}`;
  return [`${address} port ${port} AS ${asNumber}, ${ours}${isClient ? ', client' : ''}`];
}

function hasAddress({ facts }: Node, address: string): boolean {
  return facts.addresses.some((own) => own.address === address);
}
