import type { Issue } from '../../../core/issue.ts';
import type { AnyChange, AnyPlan, Step } from '../../../core/plan/plan.ts';
import type { PoolUsage } from '../../../core/observe/observed.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import { finishInTurns, otherWorkFirst } from '../../../runtime/pacing/in-turns.ts';
import type { JournalEntry } from '../../../schemas/generated/journal.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Fence } from '../../ports/datastore/writer-lease.ts';
import { preflightSteps, type Targets } from './targets.ts';
import { beginEntry, runChange } from './change-runner.ts';
import { progressOf, stopAtGates, waitsFor, type AtGate, type Progress } from './stop-at-gates.ts';
import { countChanges, reasonsText } from './judge-plan.ts';
import { recheckPools } from './recheck-pools.ts';
import { noteBegun } from '../state/note-begun.ts';
import type { Records } from '../state/records.ts';
import { revisionName } from '../state/revision-name.ts';
import type { Report } from '../status/report.ts';
import type { ChangeListener } from './change-listeners.ts';
import type { ClusterWriter } from './cluster-writer.ts';
import type { Gates } from './gates.ts';

export interface ApplyDeps {
  readonly targets: Targets;
  readonly writer: ClusterWriter;
  readonly gates: Gates;
  readonly listeners: ChangeListener;
  readonly records: Records;
  readonly report: Pick<Report, 'show' | 'logger'>;
  readonly policy: { readonly isStopping: () => boolean };
  readonly clock: Clock;
}

export interface Application {
  readonly revision: RevisionRef;
  readonly plan: AnyPlan;
  readonly open: JournalEntry | undefined;
  readonly recovering: boolean;
  /** The plan corrects what somebody else changed. */
  readonly isCorrection?: boolean;
  /** The revision was in force already, so no other node works on it. */
  readonly isOwnOnly?: boolean;
  /** The agent rolls back to this revision, which was confirmed before. */
  readonly isRollingBack?: boolean;
  /** Usage of the pools when the plan was made. */
  readonly poolUsage?: readonly PoolUsage[];
  /** The agent begins the plan only if it may write all of it. */
  readonly isIndivisible?: boolean;
}

export type Applied =
  | { readonly result: 'stopped' }
  | AtGate
  | {
      readonly result: 'applied';
      /** Still open; absent where this agent had nothing to write. */
      readonly entry: JournalEntry | undefined;
      /** Why another agent has to write the rest; absent: there is no rest. */
      readonly waitingFor?: Waiting;
    };

export interface Waiting {
  readonly why: string;
  /** Another agent is writing at this moment. */
  readonly isBusy: boolean;
}

/**
 * Writes the part of the plan that this agent may write, or nothing where the datastore would
 * refuse it. @throws AppError
 */
export async function applyPlan(deps: ApplyDeps, application: Application): Promise<Applied> {
  const { writer } = deps;
  const { plan, revision, isCorrection = false } = application;
  try {
    const question = { plan, revision, isCorrection };
    const refused = await writer.refusal(question);
    if (refused !== undefined) return await applyOwn(deps, application, refused);
    const atGate = await stopAtFirstGates(deps, application);
    if (atGate !== undefined) return atGate;
    const permission = await writer.permit(question);
    return permission.may === 'everything'
      ? await applySteps(deps, application, permission.begin)
      : await applyOwn(deps, application, permission);
  } finally {
    await writer.done();
  }
}

/** Another agent has to write the cluster-wide resources. */
async function applyOwn(
  deps: ApplyDeps,
  application: Application,
  waitingFor: Waiting,
): Promise<Applied> {
  if (application.isIndivisible === true) throw notPermitted(waitingFor.why);
  const { restrictPlan } = await import('../../../core/plan/restrict-plan.ts');
  const own = { ...application, plan: restrictPlan(application.plan).plan };
  const applied = await applySteps(deps, own, undefined);
  return applied.result === 'applied' ? { ...applied, waitingFor } : applied;
}

/** A change whose first step waits needs no writer lease until its gates are open. */
async function stopAtFirstGates(
  deps: ApplyDeps,
  application: Application,
): Promise<AtGate | undefined> {
  const { revision, open, isOwnOnly = false, isRollingBack = false } = application;
  if ((application.plan.steps[0]?.gates.length ?? 0) === 0) return undefined;
  const plan = await splitPlan(deps, application.plan);
  const [step] = plan.steps;
  if (step === undefined) return undefined;
  const { title } = step;
  const { journal } = deps.records;
  const { gates, clock, report } = deps;
  const isFollowing = deps.writer.isFollowing();
  const about = { isOwnOnly, isRollingBack, isFollowing };
  const stop = { gates, journal, clock, ...about, passedOver: passedOverIn(report) };
  if (waitsFor(open, step)) {
    const { steps } = progressOf(open, 0, title);
    return stopAtGates(stop, step, open, { step: open.waiting.step, steps, title });
  }
  // A change that the datastore would refuse is refused before the wait.
  await otherWorkFirst();
  refuse(await preflightSteps(deps.targets, plan.steps, revision));
  await otherWorkFirst();
  const entry = await beginEntry({ journal, clock }, revision, plan, open);
  return stopAtGates(stop, step, entry, progressOf(entry, 0, title));
}

/** As many changes in a step as the datastore takes at once. */
async function splitPlan({ targets }: Pick<ApplyDeps, 'targets'>, plan: AnyPlan): Promise<AnyPlan> {
  const { splitStepsInParts } = await import('../../../core/plan/order/split-steps.ts');
  const parts = splitStepsInParts(plan.steps, targets.calico.atomicChanges);
  return { ...plan, steps: await finishInTurns(parts) };
}

async function applySteps(
  deps: ApplyDeps,
  application: Application,
  begin: (() => Promise<Fence>) | undefined,
): Promise<Applied> {
  const { targets, writer, gates, report, records, clock } = deps;
  const { revision, open, recovering, poolUsage = [] } = application;
  if (application.plan.steps.length === 0) return { result: 'applied', entry: open };
  const plan = await splitPlan(deps, application.plan);
  await otherWorkFirst();
  refuse(await preflightSteps(targets, plan.steps, revision));
  await otherWorkFirst();
  const what = `${recovering ? 'finishing' : 'applying'} ${revisionName(revision)}`;
  report.logger.info(what, { changes: countChanges(plan) });
  const mustStop = (): boolean => deps.policy.isStopping() || writer.holdInForce() !== undefined;
  const show = (progress: Progress, { changes }: Step<AnyChange>): void => {
    const { step, steps: count, title } = progress;
    const isRestart = changes.some(({ action }) => action === 'restart-service');
    const message = `${what}: step ${String(step)} of ${String(count)}, ${title}`;
    report.show({ state: recovering ? 'recovering' : 'applying', message, progress });
    deps.listeners.moved({ revision, at: 'step', progress, ...(isRestart && { isRestart }) });
  };
  const recheck = (step: Step<AnyChange>): Promise<void> =>
    recheckPools(targets.calico, step, poolUsage);
  const { journal } = records;
  const runner = {
    targets,
    gates,
    journal,
    clock,
    isOwnOnly: application.isOwnOnly ?? false,
    isRollingBack: application.isRollingBack ?? false,
    isFollowing: writer.isFollowing(),
    passedOver: passedOverIn(report),
    mustStop,
    show,
    recheck,
    ...(begin !== undefined && {
      begin: async () => {
        await noteBegun(records, revision, writer.status().record);
        return begin();
      },
    }),
  };
  const end = await runChange(runner, revision, plan, open);
  return end.result === 'done' ? { result: 'applied', entry: end.entry } : end;
}

function passedOverIn({ logger }: Pick<Report, 'logger'>): (what: string) => void {
  return (what) => logger.warn('the change goes on without waiting for everything', { what });
}

function notPermitted(why: string): AppError {
  return new AppError('writer-lease-lost', `cannot write the cluster-wide resources: ${why}`, {
    retryable: true,
  });
}

/**
 * Only another configuration helps against these; for other issues a person has to act in the
 * cluster.
 */
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
