/**
 * Observe, plan, apply, observe again: the one path for a new revision, for a change that was cut
 * off, for drift, for new facts, and for going back. Only an empty plan without errors counts as
 * in force.
 */
import type { Plan } from '../../core/plan/plan.ts';
import { sameRevision } from '../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import { AppError } from '../../runtime/errors.ts';
import type { JournalEntry } from '../../schemas/generated/journal.ts';
import type { CalicoDatastore } from '../ports/calico-datastore.ts';
import { runChange, type Progress } from './change-runner.ts';
import type { Wanted } from './derive.ts';
import { nameOf, type ReconcileDeps } from './reconcile-deps.ts';
import { withInForce } from './state-changes.ts';

/** entered: it was not in force before. stopped: the agent is to stop before it is done. */
export type Outcome = 'entered' | 'unchanged' | 'stopped';

/** @throws AppError */
export async function bringIntoForce(
  deps: ReconcileDeps,
  revision: RevisionRef,
  recovering: boolean,
): Promise<Outcome> {
  const { datastore, facts, journal, clock } = deps;
  const wanted = await deps.wantedOf(revision);
  const open = await journal.open();
  const plan = refuseFaults(await planWanted(datastore, facts().name, wanted));
  let entry = open;
  if (plan.steps.length > 0) {
    entry = await applyPlan(deps, { revision, plan, open, recovering });
    if (entry === undefined) return 'stopped';
    const left = countChanges(refuseFaults(await planWanted(datastore, facts().name, wanted)));
    if (left > 0) throw notTaken(left);
  }
  const isNew = await enterForce(deps, revision);
  if (entry !== undefined)
    await journal.end({ ...entry, ended: { at: clock.now(), result: 'applied' } });
  return isNew ? 'entered' : 'unchanged';
}

/** What is to be done for what is wanted, as things are. */
export async function planWanted(
  datastore: CalicoDatastore,
  node: string,
  wanted: Wanted,
): Promise<Plan> {
  const [{ planChanges }, observed] = await Promise.all([
    import('../../core/plan/plan-changes.ts'),
    datastore.observe(node),
  ]);
  return planChanges(wanted.desired, observed);
}

/** A plan with errors has no steps, and yet not everything is as it shall be. @throws AppError */
function refuseFaults(plan: Plan): Plan {
  const errors = plan.issues.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return plan;
  const reasons = errors.map(({ message }) => message).join('; ');
  throw new AppError('invalid-config', reasons, { issues: plan.issues });
}

interface Application {
  readonly revision: RevisionRef;
  readonly plan: Plan;
  readonly open: JournalEntry | undefined;
  readonly recovering: boolean;
}

function applyPlan(
  deps: ReconcileDeps,
  { revision, plan, open, recovering }: Application,
): Promise<JournalEntry | undefined> {
  const what = `${recovering ? 'finishing' : 'applying'} ${nameOf(revision)}`;
  deps.logger.info(what, { changes: countChanges(plan) });
  const beforeStep = (progress: Progress): boolean => {
    if (deps.isStopping()) return true;
    const { step, steps, title } = progress;
    const message = `${what}: step ${String(step)} of ${String(steps)}, ${title}`;
    deps.show({ state: recovering ? 'recovering' : 'applying', message, progress });
    return false;
  };
  return runChange({ ...deps, beforeStep }, revision, plan, open);
}

/** True where it was not so before. */
async function enterForce({ state }: ReconcileDeps, revision: RevisionRef): Promise<boolean> {
  const { inForce, confirmed } = state.current();
  const known = [inForce, confirmed].every(
    (ref) => ref !== undefined && sameRevision(ref, revision),
  );
  if (known) return false;
  await state.change((current) => ({ state: withInForce(current, revision), result: undefined }));
  return true;
}

function notTaken(changes: number): AppError {
  return new AppError(
    'apply-failed',
    `the datastore took all changes, and ${String(changes)} of them are not there when read back`,
    { retryable: true },
  );
}

function countChanges({ steps }: Plan): number {
  return steps.reduce((count, { changes }) => count + changes.length, 0);
}
