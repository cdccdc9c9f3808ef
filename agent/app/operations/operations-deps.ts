import type { Step } from '../../../core/plan/plan.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { ConnectedDatastore } from '../../ports/datastore/connected-datastore.ts';
import type { Decider } from '../../ports/decider.ts';
import type { RevisionStore } from '../../ports/storage/revision-store.ts';
import { applyPlan } from '../apply/apply-plan.ts';
import type { Loop } from '../reconcile/loop.ts';
import type { Reconciling } from '../reconcile/reconcile-deps.ts';

export interface OperationsDeps {
  readonly connection: ConnectedDatastore;
  readonly decider: Pick<Decider, 'adoptable' | 'staleNodes' | 'exported'>;
  readonly reconciling: Reconciling;
  readonly loop: Loop;
  readonly store: Pick<RevisionStore, 'list' | 'holds'>;
  /** The names of all nodes, where another source than the datastore's own cluster gives them. */
  readonly livingNodes?: () => Promise<readonly string[]>;
  /** The status's message about the last pass. */
  readonly lastPass: () => string;
}

/** @throws AppError held */
export async function refuseHeld({ writer }: Pick<Reconciling, 'writer'>): Promise<void> {
  await writer.read();
  const hold = writer.holdInForce();
  if (hold === undefined) return;
  throw new AppError('held', `cannot write: ${hold.by} put it on hold: ${hold.why}`);
}

/**
 * Writes all of these steps or none: the next pass would delete objects of a half-done adoption.
 * @throws AppError
 */
export async function writeSteps(
  reconciling: Reconciling,
  steps: readonly Step[],
  revision: RevisionRef,
): Promise<void> {
  const applied = await applyPlan(reconciling, {
    revision,
    plan: { formatVersion: 1, steps, issues: [] },
    open: undefined,
    recovering: false,
    isIndivisible: true,
  });
  if (applied.result === 'stopped') {
    await refuseHeld(reconciling);
    throw new AppError('not-ready', 'the agent is about to end');
  }
  if (applied.result === 'awaiting-gate') throw new AppError('not-ready', applied.why);
  const { entry } = applied;
  if (entry === undefined) return;
  const { records, clock } = reconciling;
  await records.journal.end({ ...entry, ended: { at: clock.now(), result: 'applied' } });
}
