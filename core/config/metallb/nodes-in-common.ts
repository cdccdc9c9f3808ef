/** Whether two things that choose nodes by labels have a node in common. */
import type { LabelSelector } from './settings.ts';
import { matchesAny, selectorIdentity } from './values/label-selector.ts';

export type NodeLabels = Readonly<Record<string, string>>;
type Selectors = readonly LabelSelector[] | undefined;

/**
 * Without nodes only what is certain: two that choose the same nodes, or one that chooses all of them.
 * With nodes only what was not certain without them, so that nothing is reported twice.
 */
export function haveNodeInCommon(
  one: Selectors = [],
  other: Selectors = [],
  nodes: readonly NodeLabels[] | undefined,
): boolean {
  const isCertain = one.length === 0 || other.length === 0 || isSame(one, other);
  if (nodes === undefined || isCertain) return isCertain && nodes === undefined;
  return nodes.some((labels) => matchesAny(one, labels) && matchesAny(other, labels));
}

function isSame(one: readonly LabelSelector[], other: readonly LabelSelector[]): boolean {
  const [left, right] = [one, other].map((list) => list.map(selectorIdentity).toSorted().join());
  return left === right;
}
