/**
 * Carries out a step: adjacent changes with the same action in parallel, everything else in order.
 */
import type { Change, Step } from '../../../core/plan/plan.ts';
import { objectKey } from '../../../core/calico/resource.ts';
import { touchesCluster } from '../../../core/plan/restrict-plan.ts';
import { forEachAtMost } from '../../../runtime/pacing/limit.ts';
import type { Fence } from '../../ports/datastore/writer-lease.ts';
import { notClaimed } from './write/refusal.ts';
import type { KubernetesWriterLease } from './writer-lease.ts';
import { writeChange } from './write/write-change.ts';
import type { WriteContext } from './write/write-context.ts';

export interface ApplyOptions {
  readonly context: WriteContext;
  readonly concurrency: number;
  /** The longest time for a request. */
  readonly timeoutMs: number;
  readonly lease: Pick<KubernetesWriterLease, 'confirm' | 'allowance' | 'recheck'>;
}

/** @throws AppError writer-lease-lost where the step changes cluster-wide resources without the lease */
export async function applyStep(
  { context, concurrency, timeoutMs, lease }: ApplyOptions,
  step: Step,
  fence: Fence | undefined,
): Promise<void> {
  if (!touchesCluster({ steps: [step] })) return applyChanges(step, context, concurrency);
  if (fence === undefined) throw notClaimed();
  await lease.confirm(fence);
  const allowance = async (): Promise<{ readonly timeoutMs: number }> => ({
    timeoutMs: Math.min(timeoutMs, await lease.allowance(fence)),
  });
  await applyChanges(step, { ...context, allowance }, concurrency);
  // A creation compares with nothing on the server, so the agent checks here whether it still has
  // the lease.
  await lease.recheck(fence);
}

async function applyChanges(step: Step, context: WriteContext, concurrency: number): Promise<void> {
  for (const group of groupsOf(step.changes)) {
    await forEachAtMost(concurrency, group, (change) => writeChange(change, context));
  }
}

/**
 * Keeps a deletion before the creation that replaces it, and never writes an object twice in
 * parallel.
 */
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
