import type { AnyChange, AnyPlan } from './plan.ts';

/**
 * Whether a node has changes of its own left that others wait for: the ones before the first step that
 * waits for those of all nodes. No two nodes wait for each other: what stands in that step or after it
 * does not count.
 */
export function hasOwnChangesLeft({ steps }: Pick<AnyPlan, 'steps'>): boolean {
  const first = steps.findIndex(({ gates }) => gates.some(({ kind }) => kind === 'fleet-written'));
  const before = first === -1 ? steps : steps.slice(0, first);
  return before.some(({ changes }) => changes.some(isOwn));
}

function isOwn(change: AnyChange): boolean {
  return 'scope' in change ? change.scope.kind === 'node' : change.action === 'patch-node';
}
