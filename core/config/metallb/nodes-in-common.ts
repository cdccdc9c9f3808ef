/** Whether two things that choose nodes by labels have a node in common. */
import { membersOf, shareMembers, type Members } from './members.ts';
import type { LabelSelector } from './settings.ts';
import { matchesLabels, selectorIdentity } from './values/label-selector.ts';

export type NodeLabels = Readonly<Record<string, string>>;
type Selectors = readonly LabelSelector[] | undefined;

export interface NodeChoices {
  /**
   * Without nodes only what is certain: two that choose the same nodes, or one that chooses all of them.
   * With nodes only what was not certain without them, so that nothing is reported twice.
   */
  haveInCommon(one: Selectors, other: Selectors): boolean;
}

interface Choice {
  readonly isAll: boolean;
  /** The same for selectors that choose the same nodes by the same labels. */
  readonly identity: string;
  /** By the nodes' numbers; made when it is first asked for. */
  readonly members: () => Members;
}

/**
 * Each list of selectors is evaluated once: a thousand peers have half a million pairs, and each would
 * else ask five thousand nodes.
 */
export function createNodeChoices(nodes: readonly NodeLabels[] | undefined): NodeChoices {
  const found = new Map<Selectors, Choice>();
  const members = new Map<string, Members>();
  const byLabel = nodes === undefined ? undefined : nodesByLabel(nodes);
  const choiceOf = (selectors: Selectors): Choice => {
    const known = found.get(selectors);
    if (known !== undefined) return known;
    const list = selectors ?? [];
    const identity = list.map(selectorIdentity).toSorted().join();
    const choice: Choice = {
      isAll: list.length === 0,
      identity,
      members: () => {
        const made = members.get(identity) ?? nodesOf(list, nodes ?? [], byLabel);
        members.set(identity, made);
        return made;
      },
    };
    found.set(selectors, choice);
    return choice;
  };
  return {
    haveInCommon: (one, other) => {
      const [left, right] = [choiceOf(one), choiceOf(other)];
      const isCertain = left.isAll || right.isAll || left.identity === right.identity;
      if (nodes === undefined || isCertain) return isCertain && nodes === undefined;
      return shareMembers(left.members(), right.members());
    },
  };
}

type ByLabel = ReadonlyMap<string, readonly number[]>;

function nodesByLabel(nodes: readonly NodeLabels[]): ByLabel {
  const found = new Map<string, number[]>();
  for (const [index, labels] of nodes.entries()) {
    for (const [key, value] of Object.entries(labels)) {
      const label = `${key}=${value}`;
      const list = found.get(label);
      if (list === undefined) found.set(label, [index]);
      else list.push(index);
    }
  }
  return found;
}

function nodesOf(
  selectors: readonly LabelSelector[],
  nodes: readonly NodeLabels[],
  byLabel: ByLabel | undefined,
): Members {
  const matching = selectors.flatMap((selector) =>
    [...(candidates(selector, byLabel) ?? nodes.keys())].filter((index) =>
      matchesLabels(selector, nodes[index] ?? {}),
    ),
  );
  return membersOf(nodes.length, matching);
}

/** The nodes with one label that the selector needs; undefined: it needs none, so any node may match. */
function candidates(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  byLabel: ByLabel | undefined,
): readonly number[] | undefined {
  const [label] = Object.entries(matchLabels);
  if (label !== undefined) return byLabel?.get(label.join('=')) ?? [];
  const within = matchExpressions.find(({ operator }) => operator === 'In');
  return within?.values?.flatMap((value) => byLabel?.get(`${within.key}=${value}`) ?? []);
}
