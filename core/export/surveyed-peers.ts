/** The BGPPeers of a cluster, as far as a NetworkConfig can express them. */
import { sessionSettings } from '../config/peer/session-settings.ts';
import { parseSelector, type Selector } from '../config/net/selector.ts';
import type { Issue } from '../issue.ts';
import type { ObservedResource } from '../observe/observed.ts';
import { parsePeerIp } from '../calico/neighbour.ts';
import { printable } from '../printable.ts';
import type { BGPPeer } from '../calico/resource.ts';
import { groupLabelPrefix } from '../render/group-labels.ts';
import type { ClusterNode, ClusterNodes } from './nodes/cluster-nodes.ts';
import { gathered, type Origin, type PeerDraft } from './draft.ts';
import { leftOut } from './left-out/left-out.ts';

export interface SurveyedPeer {
  readonly peer: PeerDraft;
  readonly origin: Origin;
  readonly target: Target;
}

/** The nodes that have the peer. */
export type Target =
  | { readonly kind: 'every node' }
  | { readonly kind: 'nodes'; readonly names: ReadonlySet<string> }
  /** Nodes with a group label of ours; this is the label without its prefix. */
  | { readonly kind: 'label'; readonly label: string; readonly selector: Selector }
  | { readonly kind: 'selector'; readonly selector: Selector };

export interface SurveyedPeers {
  readonly peers: readonly SurveyedPeer[];
  readonly issues: readonly Issue[];
}

/** @param leftOutOf the fields of a BGPPeer that a NetworkConfig does not have */
export function surveyPeers(
  resources: readonly ObservedResource[],
  nodes: ClusterNodes,
  leftOutOf: (peer: BGPPeer) => readonly string[],
): SurveyedPeers {
  const peers: SurveyedPeer[] = [];
  const issues: Issue[] = [];
  for (const { resource, owner } of resources) {
    if (resource.kind !== 'BGPPeer') continue;
    const { metadata } = resource;
    const isOurs = owner !== undefined;
    const origin: Origin = { kind: 'BGPPeer', name: metadata.name, tie: tieOf(resource, isOurs) };
    const target = targetOf(resource, nodes);
    const others = leftOutOf(resource);
    if (typeof target === 'string') issues.push(leftOut(origin, target));
    else if (others.length > 0 && !isOurs) {
      issues.push(leftOut(origin, `has ${others.join(', ')}, for which there are no words here`));
    } else {
      peers.push({ peer: peerDraft(resource, origin), origin, target });
    }
  }
  return { peers, issues };
}

/** The parser refuses an address that cannot be read. */
function peerDraft({ spec }: BGPPeer, origin: Origin): PeerDraft {
  return { ...parsePeerIp(spec.peerIP), ...sessionSettings(spec), from: [origin] };
}

export function isFor(target: Target, node: ClusterNode): boolean {
  if (target.kind === 'every node') return true;
  if (target.kind === 'nodes') return target.names.has(node.name);
  return target.selector.matches(node.labels);
}

export function targetNames(target: Target, { all }: ClusterNodes): readonly string[] {
  if (target.kind === 'nodes') return [...target.names];
  return all.filter((node) => isFor(target, node)).map(({ name }) => name);
}

export function peersOf(surveyed: readonly SurveyedPeer[]): readonly PeerDraft[] {
  return gathered(surveyed.map(({ peer }) => peer));
}

/**
 * The nodes, or a text with the reason why the peer cannot be exported. Calico takes an empty text
 * as absent: bgp_processor.go.
 */
function targetOf({ spec }: BGPPeer, nodes: ClusterNodes): Target | string {
  const { node = '', nodeSelector = '' } = spec;
  if (node !== '' && nodeSelector !== '') {
    return 'has both a node and a nodeSelector, which Calico refuses';
  }
  if (node !== '') return nodeTarget(node, nodes);
  if (nodeSelector === '') return { kind: 'every node' };
  const parsed = parseSelector(nodeSelector);
  if (!parsed.ok) return `has a nodeSelector that cannot be read (${parsed.message})`;
  const { selector } = parsed;
  const label = ownLabel.exec(nodeSelector)?.[1];
  if (label !== undefined) return { kind: 'label', label, selector };
  if (!nodeSelector.includes(groupLabelPrefix)) return { kind: 'selector', selector };
  // A group must not depend on these labels, because they change with our groups.
  const names = nodes.all.filter(({ labels }) => selector.matches(labels)).map(({ name }) => name);
  return names.length === 0
    ? 'is for nodes by a label of ours that no node has'
    : { kind: 'nodes', names: new Set(names) };
}

function tieOf({ spec }: BGPPeer, isOurs: boolean): Origin['tie'] {
  if (isOurs) return 'marks';
  return spec.nodeSelector?.includes(groupLabelPrefix) === true ? 'label' : 'none';
}

const ownLabel = new RegExp(
  `^has\\(${groupLabelPrefix.replaceAll(/[/.]/g, '\\$&')}([0-9a-f]{12})\\)$`,
);

/** Calico compares names exactly, a NetworkConfig without regard to capital letters. */
function nodeTarget(name: string, nodes: ClusterNodes): Target | string {
  const other = nodes.spellings(name).find((spelling) => spelling !== name);
  if (other === undefined) return { kind: 'nodes', names: new Set([name]) };
  return `is for the node "${printable(name)}", which differs from "${printable(other)}" in capital letters only`;
}

/**
 * Leaves out peers of unknown nodes, unless each node has its own peers: they would become another
 * object without a node.
 */
export function withoutUnknown(
  peers: readonly SurveyedPeer[],
  nodes: ClusterNodes,
  isPerNode: boolean,
): SurveyedPeers {
  const isUnknown = ({ target, origin }: SurveyedPeer): boolean => {
    if (target.kind !== 'nodes' || nodes.all.length === 0) return false;
    if (isPerNode && origin.tie === 'marks') return false;
    return [...target.names].every((name) => nodes.spellings(name).length === 0);
  };
  const hint = 'delete it where the machine is gone';
  return {
    peers: peers.filter((one) => !isUnknown(one)),
    issues: peers
      .filter(isUnknown)
      .map(({ origin }) => leftOut(origin, 'is for a node that is not in the cluster', hint)),
  };
}
