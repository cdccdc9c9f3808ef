/** Finds the objects in a datastore that are left of nodes that are gone. */
import { byText } from '../by-text.ts';
import { groupBy } from '../group-by.ts';
import { objectKey } from '../calico/resource.ts';
import type { IpamBlock, SurveyedCluster } from './surveyed-cluster.ts';
import type { StaleBlock, StaleNode } from './stale-node.ts';

/**
 * The stale nodes by name. A difference only in capital letters makes no stale node, because
 * calico-node and the list of living nodes may spell a hostname differently.
 * @param living the names of all nodes; undefined: those of the survey, from Kubernetes
 */
export function findStaleNodes(
  survey: SurveyedCluster,
  living: readonly string[] | undefined,
): readonly StaleNode[] {
  const existing = survey.nodes.filter(({ exists }) => exists !== false);
  // A Node without a version is Kubernetes' own, which we do not delete.
  const lasting = existing.filter(({ version }) => living === undefined || version === undefined);
  const alive = new Set([...(living ?? []), ...lasting.map(({ name }) => name)].map(lowerCase));
  const found = new Map(existing.map((node) => [node.name, node]));
  const objects = groupBy(mentions(survey), ({ node }) => node);
  const blocks = blocksByNode(survey.blocks);
  const named = [...found.keys(), ...objects.keys(), ...blocks.owners];
  // Tunnels have their node's name in lower case, so another spelling is the same node.
  const spelled = new Set(named.map(lowerCase));
  const tunnelsOnly = blocks.tunnelNodes.filter((name) => !spelled.has(name));
  return [...new Set([...named, ...tunnelsOnly])]
    .filter((name) => !alive.has(lowerCase(name)))
    .toSorted(byText)
    .map((name) => {
      const version = found.get(name)?.version;
      return {
        name,
        hasNode: version !== undefined,
        ...(version !== undefined && { version }),
        objects: [...new Set((objects.get(name) ?? []).map(({ object }) => object))].toSorted(
          byText,
        ),
        blocks: blocks.of(name).toSorted((a, b) => byText(a.cidr, b.cidr)),
      };
    });
}

interface Mention {
  readonly node: string | undefined;
  readonly object: string;
}

function mentions({
  documents,
  resources,
  felixConfigurations = [],
}: SurveyedCluster): readonly Mention[] {
  return [
    ...documents.flatMap(mentionIn),
    ...felixConfigurations.map((name) => ({
      node: nodeOfConfiguration(name),
      object: `FelixConfiguration/${name}`,
    })),
    ...resources.map(({ resource, owner }) => ({
      node: owner?.scope.kind === 'node' ? owner.scope.node : undefined,
      object: objectKey(resource),
    })),
  ];
}

/**
 * The node that a BGPPeer's `node`, or a BGPConfiguration for one node, names:
 * libcalico-go/lib/clientv3/bgpconfig.go.
 */
function mentionIn(document: unknown): readonly Mention[] {
  const { kind, metadata, spec } = record(document);
  const { name } = record(metadata);
  if (typeof name !== 'string') return [];
  if (kind === 'BGPConfiguration')
    return [{ node: nodeOfConfiguration(name), object: `${kind}/${name}` }];
  if (kind !== 'BGPPeer') return [];
  const { node, nodeSelector, peerSelector } = record(spec);
  const named = [node, hostnameIn(nodeSelector), hostnameIn(peerSelector)];
  return named.flatMap((one) =>
    typeof one === 'string' && one !== '' ? [{ node: one, object: `${kind}/${name}` }] : [],
  );
}

function nodeOfConfiguration(name: string): string | undefined {
  return /^node\.(.+)$/.exec(name)?.[1];
}

/**
 * The only node that a selector chooses, by its usual label; undefined: it may choose others as
 * well.
 */
function hostnameIn(selector: unknown): string | undefined {
  if (typeof selector !== 'string') return undefined;
  const asked = /^\s*kubernetes\.io\/hostname\s*==\s*(?:'([^']+)'|"([^"]+)")\s*$/.exec(selector);
  return asked?.[1] ?? asked?.[2];
}

interface BlocksByNode {
  readonly owners: readonly string[];
  /** In lower case. */
  readonly tunnelNodes: readonly string[];
  of(node: string): readonly StaleBlock[];
}

/** A node's tunnel address may lie in another node's block. */
function blocksByNode(blocks: readonly IpamBlock[]): BlocksByNode {
  const owned = groupBy(blocks, ({ node }) => node);
  const tunnelled = groupBy(
    blocks.flatMap((block) => [...new Set(block.tunnels)].map((tunnel) => ({ tunnel, block }))),
    ({ tunnel }) => tunnel,
  );
  return {
    owners: [...owned.keys()],
    tunnelNodes: [...tunnelled.keys()],
    of: (node) => {
      const own = owned.get(node) ?? [];
      const others = (tunnelled.get(lowerCase(node)) ?? [])
        .map(({ block }) => block)
        .filter((block) => block.node !== node);
      return [
        ...own.map((block) => shown(node, block, block.addresses)),
        // Addresses in use by others there do not belong to this node.
        ...others.map((block) => shown(node, block, tunnelsOf(node, block))),
      ];
    },
  };
}

function shown(node: string, block: IpamBlock, used: number): StaleBlock {
  const tunnels = tunnelsOf(node, block);
  const { cidr } = block;
  return { cidr, addresses: used - tunnels, ...(tunnels > 0 && { tunnelAddresses: tunnels }) };
}

function tunnelsOf(node: string, { tunnels = [] }: IpamBlock): number {
  return tunnels.filter((tunnel) => tunnel === lowerCase(node)).length;
}

function lowerCase(name: string): string {
  return name.toLowerCase();
}

function record(value: unknown): Readonly<Partial<Record<string, unknown>>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
