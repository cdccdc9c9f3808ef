/** Carries out a step: neighbours of the same action at once, everything else in its order. */
import type { Change, Step } from '../../../core/plan/plan.ts';
import { objectKey } from '../../../core/calico/resource.ts';
import { forEachAtMost } from '../../../runtime/pacing/limit.ts';
import { writeChange } from './write/write-change.ts';
import type { WriteContext } from './write/write-context.ts';

export async function applyStep(
  step: Step,
  context: WriteContext,
  concurrency: number,
): Promise<void> {
  for (const group of groupsOf(step.changes)) {
    await forEachAtMost(concurrency, group, (change) => writeChange(change, context));
  }
}

/** A deletion stays before the creation that replaces it, and nothing is written twice at once. */
function groupsOf(changes: readonly Change[]): readonly (readonly Change[])[] {
  const groups: Change[][] = [];
  let keys = new Set<string>();
  for (const change of changes) {
    const key = objectOf(change);
    const last = groups.at(-1);
    if (last === undefined || last[0]?.action !== change.action || keys.has(key)) {
      groups.push([change]);
      keys = new Set([key]);
    } else {
      last.push(change);
      keys.add(key);
    }
  }
  return groups;
}

function objectOf(change: Change): string {
  if (change.action === 'patch-node') return `Node/${change.node}`;
  return objectKey(change.action === 'create' ? change.resource : change.before);
}
