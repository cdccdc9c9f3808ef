/** Whose sessions are all given by ours: such a BGPPeer may go without one of them going down. */
import { byText } from '../../by-text.ts';
import { parseSelector } from '../../config/net/selector.ts';
import { groupLabelValue } from '../../render/documents/node-commands.ts';
import type { BGPPeer, CalicoResource, Desired } from '../../render/desired.ts';
import type { SurveyedCluster, SurveyedNode } from '../../survey/surveyed-cluster.ts';
import { objectKey } from '../../calico/object-key.ts';
import { plainDocuments } from '../plain-documents.ts';
import { byNeighbour, mayShareNode, neighbourOf, spellPortAlike } from '../diff/same-neighbour.ts';

/**
 * Names ours that gives the sessions of another BGPPeer; undefined: none does for certain. A session
 * stays only if BIRD's protocol keeps its name and its settings
 * (confd/etc/calico/confd/templates/bird.cfg.template): so nothing may be said beside our fields,
 * and a port, which becomes a part of the name, is written in both or in none.
 */
export function supersedingPeers(
  desired: Desired,
  survey: SurveyedCluster,
): (resource: CalicoResource) => string | undefined {
  const plain = plainDocuments(survey);
  const ours = byNeighbour(peersAmong(desired.resources), (peer) => peer);
  const extended = byNeighbour(
    peersAmong(survey.resources).filter((peer) => !plain.has(objectKey(peer))),
    (peer) => peer,
  );
  const now = survey.nodes.map((node) => labelledNode(node, node.settings.groupLabels));
  const wanted = new Map(desired.nodes.map(({ name, settings }) => [name, settings.groupLabels]));
  const then = new Map(
    survey.nodes.map((node) => [
      node.name,
      labelledNode(node, wanted.get(node.name) ?? node.settings.groupLabels),
    ]),
  );
  return (foreign) => {
    if (foreign.kind !== 'BGPPeer') return undefined;
    const neighbour = neighbourOf(foreign);
    const isNear = (peer: BGPPeer): boolean => mayShareNode(peer, foreign);
    if ((extended.get(neighbour) ?? []).some(isNear)) return undefined;
    const givers = (ours.get(neighbour) ?? []).filter(isNear);
    // Of two AS numbers the new one would not come before the old one goes.
    if (givers.some(({ spec }) => spec.asNumber !== foreign.spec.asNumber)) return undefined;
    const alike = givers.filter((giver) => spellPortAlike(giver, foreign));
    return giversName(alike, foreign, now, then);
  };
}

interface LabelledNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * A peer of every node goes before one of some nodes (confd/pkg/backends/calico/bgp_processor.go):
 * it can take the place of any, and only its like can take its own.
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
  // Of a selector that matches nothing yet nobody knows what it will match.
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

/** With these group labels instead of those that it has. */
function labelledNode(
  { name, labels, settings }: SurveyedNode,
  groupLabels: readonly string[],
): LabelledNode {
  const former = new Set(settings.groupLabels);
  const others = Object.entries(labels).filter(([label]) => !former.has(label));
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
