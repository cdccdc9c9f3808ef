/** Finds BGPPeers of others that ours supersede, which may be deleted without losing a session. */
import { neighbourOf } from '../../calico/neighbour.ts';
import { byText } from '../../by-text.ts';
import { parseSelector } from '../../config/net/selector.ts';
import { groupLabelValue } from '../../render/documents/node-commands.ts';
import type { Desired } from '../../render/desired.ts';
import type { SurveyedCluster, SurveyedNode } from '../../survey/surveyed-cluster.ts';
import type { BGPPeer, CalicoResource } from '../../calico/resource.ts';
import { differingSetting } from '../../config/peer/session-settings.ts';
import { ourFields } from '../../calico/kinds.ts';
import { entriesAt, textAt } from '../../input/plain-data.ts';
import { byNeighbour, mayShareNode, spellPortAlike } from '../diff/same-neighbour.ts';

/**
 * Names the BGPPeer of ours that gives all sessions of a foreign one; undefined: none does for
 * certain. A session stays up only if BIRD's protocol keeps its name and its settings
 * (confd/etc/calico/confd/templates/bird.cfg.template): so the foreign one must have only our
 * fields, and both or none must have the port, which becomes a part of the name.
 */
export function supersedingPeers(
  desired: Desired,
  survey: SurveyedCluster,
): (resource: CalicoResource) => string | undefined {
  const plain = plainPeers(survey);
  const ours = byNeighbour(peersAmong(desired.resources), (peer) => peer);
  const extended = byNeighbour(
    peersAmong(survey.resources).filter(({ metadata }) => !plain.has(metadata.name)),
    (peer) => peer,
  );
  const now = survey.nodes.map((node) => labelledNode(node, node.settings.groupLabels));
  const desiredLabels = new Map(
    desired.nodes.map(({ name, settings }) => [name, settings.groupLabels]),
  );
  const then = new Map(
    survey.nodes.map((node) => [
      node.name,
      labelledNode(node, desiredLabels.get(node.name) ?? node.settings.groupLabels),
    ]),
  );
  return (foreign) => {
    if (foreign.kind !== 'BGPPeer') return undefined;
    const neighbour = neighbourOf(foreign);
    const isNear = (peer: BGPPeer): boolean => mayShareNode(peer, foreign);
    if ((extended.get(neighbour) ?? []).some(isNear)) return undefined;
    const givers = (ours.get(neighbour) ?? []).filter(isNear);
    // With another AS number ours would be made only after the foreign one is deleted.
    const isDifferent = ({ spec }: BGPPeer): boolean =>
      differingSetting(spec, foreign.spec) !== undefined;
    if (givers.some(isDifferent)) return undefined;
    const alike = givers.filter((giver) => spellPortAlike(giver, foreign));
    return giversName(alike, foreign, now, then);
  };
}

/** Names of the BGPPeers that have only our fields, and no password, filter or next hop mode. */
function plainPeers({ documents }: Pick<SurveyedCluster, 'documents'>): ReadonlySet<string> {
  const known = new Set(ourFields.BGPPeer);
  return new Set(
    documents.flatMap((document) => {
      if (textAt(document, 'kind') !== 'BGPPeer') return [];
      const given = entriesAt(document, 'spec').filter(([, value]) => (value ?? null) !== null);
      const isPlain = given.every(([field]) => known.has(field));
      return isPlain ? (textAt(document, 'metadata', 'name') ?? []) : [];
    }),
  );
}

interface LabelledNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The name of the peer that gives its sessions. A peer of every node wins over one of some nodes
 * (confd/pkg/backends/calico/bgp_processor.go), so it can replace any peer, and only a peer of
 * every node can replace it.
 */
function giversName(
  givers: readonly BGPPeer[],
  foreign: BGPPeer,
  now: readonly LabelledNode[],
  then: ReadonlyMap<string, LabelledNode>,
): string | undefined {
  const global = givers.find(isOfEveryNode);
  if (global !== undefined) return global.metadata.name;
  if (isOfEveryNode(foreign)) return undefined;
  const { node } = foreign.spec;
  const names = node === undefined ? now.filter(nodesOf(foreign)).map(({ name }) => name) : [node];
  const tests = givers.map(nodesOf);
  const isGiven = (name: string): boolean =>
    tests.some((isFor) => isFor(then.get(name) ?? { name, labels: {} }));
  // While a selector matches no node, its later nodes are not known.
  return names.length > 0 && names.every(isGiven) ? givers[0]?.metadata.name : undefined;
}

function nodesOf({ spec }: BGPPeer): (node: LabelledNode) => boolean {
  if (spec.node !== undefined) return ({ name }) => name === spec.node;
  const parsed = parseSelector(spec.nodeSelector ?? '');
  return ({ labels }) => parsed.ok && parsed.selector.matches(labels);
}

function isOfEveryNode({ spec }: BGPPeer): boolean {
  return spec.node === undefined && (spec.nodeSelector ?? '') === '';
}

/** The node with these group labels in place of its own. */
function labelledNode(
  { name, labels, settings }: SurveyedNode,
  groupLabels: readonly string[],
): LabelledNode {
  const previous = new Set(settings.groupLabels);
  const others = Object.entries(labels).filter(([label]) => !previous.has(label));
  const group = groupLabels.map((label) => [label, groupLabelValue] as const);
  return { name, labels: Object.fromEntries([...others, ...group]) };
}

function peersAmong(
  resources: readonly { readonly resource: CalicoResource }[],
): readonly BGPPeer[] {
  return resources
    .flatMap(({ resource }) => (resource.kind === 'BGPPeer' ? [resource] : []))
    .toSorted((one, other) => byText(one.metadata.name, other.metadata.name));
}
