/** Groups for peers by selectors, and by labels of ours. */
import { groupBy } from '../../group-by.ts';
import { groupLabelPrefix } from '../../render/group-labels.ts';
import type { ClusterNodes } from './cluster-nodes.ts';
import { byNumbers, type GroupDraft, type PeerDraft } from '../draft.ts';
import { isFor, peersOf, type SurveyedPeer, type Target } from '../surveyed-peers.ts';

/** The groups with the selectors as they were written. */
export function selectorGroups(surveyed: readonly SurveyedPeer[]): readonly GroupDraft[] {
  const bySelector = byTarget(surveyed, (target) =>
    target.kind === 'selector' ? target.selector.text : undefined,
  );
  return bySelector.map(([selector, peers]) => ({
    name: '',
    comments: [],
    match: { selector },
    peers: peersOf(peers),
  }));
}

interface LabelSetting {
  /** The nodes with the label; empty: no node has it. */
  readonly names: readonly string[];
  readonly label: string;
  readonly peers: readonly PeerDraft[];
}

/**
 * A label shows its nodes, but not the rule behind it, so the group names the nodes and keeps the
 * label.
 */
export function labelSettings(
  surveyed: readonly SurveyedPeer[],
  nodes: ClusterNodes,
): readonly LabelSetting[] {
  const byLabel = byTarget(surveyed, (target) =>
    target.kind === 'label' ? target.label : undefined,
  );
  return byLabel.map(([label, peers]) => {
    const target = peers[0]?.target;
    const having = nodes.all.filter((node) => target !== undefined && isFor(target, node));
    return { names: having.map(({ name }) => name), label, peers: peersOf(peers) };
  });
}

/** Groups for peers whose label no node has: without a group the peers would be deleted. */
export function nobodysGroups(labelled: readonly LabelSetting[]): readonly GroupDraft[] {
  return labelled.map(({ label, peers }) => ({
    name: `nobody-${label}`,
    comments: ['No node has this label: these peers are there for nobody.'],
    // A selector for no node, different for each group, because two such groups may give a peer
    // different AS numbers.
    match: { selector: `!all() && has(${groupLabelPrefix}${label})` },
    label,
    peers,
  }));
}

function byTarget(
  surveyed: readonly SurveyedPeer[],
  textOf: (target: Target) => string | undefined,
): readonly (readonly [string, readonly SurveyedPeer[]])[] {
  const found = groupBy(surveyed, ({ target }) => textOf(target));
  return [...found].sort(([one], [other]) => byNumbers(one, other));
}
