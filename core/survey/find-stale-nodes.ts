/** What is left in a datastore of nodes that are gone. */
import { byText } from '../by-text.ts';
import { groupBy } from '../group-by.ts';
import { keyOf } from '../plan/key-of.ts';
import type { IpamBlock, SurveyedCluster } from './surveyed-cluster.ts';
import type { StaleNode } from './stale-node.ts';

/**
 * By name. A difference in capital letters only makes no stale node: calico-node and whoever tells
 * the living ones may spell a hostname each in its way.
 * @param living all nodes there are; undefined: the survey's own, as Kubernetes has them
 */
export function findStaleNodes(
  survey: SurveyedCluster,
  living: readonly string[] | undefined,
): readonly StaleNode[] {
  const existing = survey.nodes.filter(({ exists }) => exists !== false);
  // A Node without a version is Kubernetes' own, and no business of ours.
  const lasting = existing.filter(({ version }) => living === undefined || version === undefined);
  const alive = new Set([...(living ?? []), ...lasting.map(({ name }) => name)].map(lowerCase));
  const found = new Map(existing.map((node) => [node.name, node]));
  const objects = groupBy(mentions(survey), ({ node }) => node);
  const blocks = groupBy(survey.blocks, ({ node }) => node);
  return [...new Set([...found.keys(), ...objects.keys(), ...blocks.keys()])]
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
        blocks: (blocks.get(name) ?? []).map(shown).toSorted((a, b) => byText(a.cidr, b.cidr)),
      };
    });
}

interface Mention {
  readonly node: string | undefined;
  readonly object: string;
}

function mentions({ documents, resources }: SurveyedCluster): readonly Mention[] {
  return [
    ...documents.flatMap(mentionIn),
    ...resources.map(({ resource, owner }) => ({
      node: owner?.share.kind === 'node' ? owner.share.node : undefined,
      object: keyOf(resource),
    })),
  ];
}

/** A BGPPeer's `node`, and a BGPConfiguration of one node: libcalico-go/lib/clientv3/bgpconfig.go. */
function mentionIn(document: unknown): readonly Mention[] {
  const { kind, metadata, spec } = record(document);
  const { name } = record(metadata);
  if (typeof name !== 'string') return [];
  if (kind === 'BGPConfiguration')
    return [{ node: /^node\.(.+)$/.exec(name)?.[1], object: `${kind}/${name}` }];
  const { node } = record(spec);
  return kind === 'BGPPeer' && typeof node === 'string' && node !== ''
    ? [{ node, object: `${kind}/${name}` }]
    : [];
}

function shown({ cidr, addresses }: IpamBlock): StaleNode['blocks'][number] {
  return { cidr, addresses };
}

function lowerCase(name: string): string {
  return name.toLowerCase();
}

function record(value: unknown): Readonly<Partial<Record<string, unknown>>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
