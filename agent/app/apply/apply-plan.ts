import type { Issue } from '../../../core/issue.ts';
import type { AnyChange, AnyPlan, PoolUsage, Step } from '../../../core/plan/plan.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { JournalEntry } from '../../../schemas/generated/journal.ts';
import type { Fence } from '../../ports/writer-lease.ts';
import { preflightSteps } from './targets.ts';
import { runChange, type Progress } from './change-runner.ts';
import { countChanges, reasonsText } from './judge-plan.ts';
import { recheckPools } from './recheck-pools.ts';
import { nameOf, type ReconcileDeps } from '../reconcile/reconcile-deps.ts';

export interface Application {
  readonly revision: RevisionRef;
  readonly plan: AnyPlan;
  readonly open: JournalEntry | undefined;
  readonly recovering: boolean;
  /** Somebody else changed what is in force. */
  readonly isCorrection?: boolean;
  /** What the plan went by. */
  readonly poolUsage?: readonly PoolUsage[];
  /** All of it or nothing: what this agent may not write as a whole is not begun. */
  readonly isIndivisible?: boolean;
}

export type Applied =
  | { readonly result: 'stopped' }
  | {
      readonly result: 'applied';
      /** Still open; absent where this agent had nothing to write. */
      readonly entry: JournalEntry | undefined;
      /** Why the rest is another agent's; absent: there is no rest. */
      readonly waitingFor?: Waiting;
    };

export interface Waiting {
  readonly why: string;
  /** Another agent is writing at this moment. */
  readonly isBusy: boolean;
}

/** Writes what this agent may write of it, or nothing at all where the datastore would refuse. @throws AppError */
export async function applyPlan(deps: ReconcileDeps, application: Application): Promise<Applied> {
  const { writer } = deps;
  const { plan, revision } = application;
  try {
    const { isCorrection = false, isIndivisible = false } = application;
    const permission = await writer.permit({ plan, revision, isCorrection });
    if (permission.may === 'everything') {
      return await applySteps(deps, application, permission.begin);
    }
    if (isIndivisible) throw notPermitted(permission.why);
    const { restrictPlan } = await import('../../../core/plan/restrict-plan.ts');
    const own = { ...application, plan: restrictPlan(plan).plan };
    const applied = await applySteps(deps, own, undefined);
    return applied.result === 'stopped' ? applied : { ...applied, waitingFor: permission };
  } finally {
    await writer.done();
  }
}

async function applySteps(
  deps: ReconcileDeps,
  { revision, plan, open, recovering, poolUsage = [] }: Application,
  begin: (() => Promise<Fence>) | undefined,
): Promise<Applied> {
  const { datastore, writer } = deps;
  if (plan.steps.length === 0) return { result: 'applied', entry: open };
  const { splitSteps } = await import('../../../core/plan/order/split-steps.ts');
  const steps = splitSteps(plan.steps, datastore.atomicChanges);
  refuse(await preflightSteps(deps, steps, revision));
  const fence = await begin?.();
  const what = `${recovering ? 'finishing' : 'applying'} ${nameOf(revision)}`;
  deps.logger.info(what, { changes: countChanges(plan) });
  const beforeStep = (progress: Progress): boolean => {
    if (deps.isStopping() || writer.holdInForce() !== undefined) return true;
    const { step, steps: count, title } = progress;
    const message = `${what}: step ${String(step)} of ${String(count)}, ${title}`;
    deps.show({ state: recovering ? 'recovering' : 'applying', message, progress });
    return false;
  };
  const recheck = (step: Step<AnyChange>): Promise<void> =>
    recheckPools(datastore, step, poolUsage);
  const runner = { ...deps, beforeStep, recheck, ...(fence !== undefined && { fence }) };
  const entry = await runChange(runner, revision, { ...plan, steps }, open);
  return entry === undefined ? { result: 'stopped' } : { result: 'applied', entry };
}

function notPermitted(why: string): AppError {
  return new AppError('writer-lease-lost', `cannot change what holds for all nodes: ${why}`, {
    retryable: true,
  });
}

/** What only another configuration mends; the rest a person mends in the cluster. */
const configCodes: ReadonlySet<string> = new Set([
  'server-lacks-field',
  'server-refuses',
  'lxd-source-missing',
  'lxd-module-missing',
  'lxd-path-linked',
  'lxd-sysctl-missing',
]);

/** @throws AppError before anything is written */
function refuse(issues: readonly Issue[]): void {
  const errors = issues.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const isConfig = errors.some(({ code }) => configCodes.has(code));
  throw new AppError(isConfig ? 'invalid-config' : 'datastore-failed', reasonsText(errors), {
    retryable: !isConfig,
    issues,
  });
}
