import { backoff } from '../../../core/protocol/backoff.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { isOfThisMachine, type AppError } from '../../../runtime/errors.ts';
import type { JournalEntry } from '../../../schemas/generated/journal.ts';
import { bringIntoForce } from './bring-into-force.ts';
import type { Derived } from '../../../core/deciding/question.ts';
import { createDriftBrake } from './drift-brake.ts';
import type { Reconciling } from './reconcile-deps.ts';
import { asFailure, rejectRevision, reportRetry } from './reject-or-retry.ts';
import { createOutcomeReport } from './report-outcome.ts';
import { createTakeBack } from './take-back/take-back.ts';

interface Failing {
  readonly revision: RevisionRef;
  readonly count: number;
  readonly message: string;
}

const retryLimits = { baseMs: 1000, capMs: 60_000 };
const maxRaces = 5;
const maxFaults = 5;
const raceMs = 500;

/** Makes the pass that the loop runs; it returns the ms until the next one. */
export function createReconcile(deps: Reconciling): () => Promise<number | undefined> {
  const brake = createDriftBrake(deps.clock);
  const report = createOutcomeReport(deps);
  const takeBack = createTakeBack(deps);
  let failing: Failing | undefined;
  let cutOff: RevisionRef | undefined;
  let lastInForce: Derived | undefined;
  let races = 0;
  let isFirst = true;

  const attempt = async (): Promise<number | undefined> => {
    await deps.confirming.resume();
    const state = deps.records.state.current();
    const open = await deps.records.journal.open();
    // A change that waits at a gate was not cut off.
    if (isFirst && open?.waiting === undefined) cutOff = open?.revision;
    isFirst = false;
    const revision = state.accepted;
    await endOther(deps, open, revision);
    if (revision === undefined) {
      const againMs = await takeBack();
      if (againMs === undefined) report.nothing();
      return againMs;
    }
    await deps.confirming.begin(revision);
    const recovering = isSame(cutOff, revision);
    if (recovering) report.recovering(revision);
    const correction = judgeCorrection(deps, brake);
    const { isAsked } = correction;
    const intent = { revision, recovering, lastInForce, ...correction };
    const outcome = await bringIntoForce(deps, intent);
    if (outcome.result === 'stopped') return undefined;
    await deps.confirming.ended(revision);
    if (isAsked && 'derived' in outcome) deps.policy.correction.done();
    failing = undefined;
    races = 0;
    if (outcome.result !== 'held') cutOff = undefined;
    if ('derived' in outcome) lastInForce = outcome.derived;
    if (outcome.result === 'unchanged' && outcome.corrected && !isAsked) brake.corrected();
    return report.outcome(revision, outcome);
  };

  const fail = async (revision: RevisionRef, failure: AppError): Promise<number> => {
    if (isRace(failure) && races < maxRaces) {
      races += 1;
      return Math.ceil(deps.clock.random() * raceMs);
    }
    const before = isSame(failing?.revision, revision) ? (failing?.count ?? 0) : 0;
    // Even a fault of the program may pass: an upgrade replaces files, or memory is short.
    const isFault = failure.code === 'internal' && before < maxFaults;
    const mayPass = failure.retryable || isFault;
    const isOfContent = !mayPass && !isOfThisMachine(failure.code);
    if (isOfContent && (await rejectRevision(deps, revision, failure))) return 0;
    const isNew = before === 0 || failing?.message !== failure.message;
    failing = { revision, count: before + 1, message: failure.message };
    deps.report.proven.doubt();
    await deps.confirming.failed(revision, failure.message);
    const delayMs = mayPass
      ? backoff(before, retryLimits, deps.clock.random())
      : deps.policy.reconcileMs();
    const recovering = isSame(cutOff, revision);
    await reportRetry(deps, revision, failure, { delayMs, recovering, mayPass, isNew });
    return delayMs;
  };

  return async () => {
    try {
      return await attempt();
    } catch (error) {
      const revision = deps.records.state.current().accepted;
      const failure = asFailure(deps.report, error);
      if (deps.policy.isStopping()) return stopInPass(deps, failure);
      if (revision !== undefined) return fail(revision, failure);
      return failWithoutRevision(deps, failure);
    }
  };
}

/** Whether the pass may correct drift: a person asked for it, or the policy says so and no brake holds it. */
function judgeCorrection(
  { policy, writer }: Reconciling,
  brake: ReturnType<typeof createDriftBrake>,
): { readonly isAsked: boolean; readonly isBraked: boolean; readonly mayCorrect: boolean } {
  const isAsked = policy.correction.isAsked();
  brake.seen(writer.status().record?.corrections ?? 0);
  const isPolicy = policy.driftPolicy() === 'correct';
  const isBraked = isPolicy && !brake.mayCorrect();
  return { isAsked, isBraked, mayCorrect: isAsked || (isPolicy && !isBraked) };
}

/** The next start finishes the change; this process tries nothing again. */
function stopInPass({ report }: Reconciling, { message }: AppError): undefined {
  report.logger.info('the agent stops in the middle of a pass', { reason: message });
}

/** Reports a failure without a revision to reject; the next pass comes at its usual time. */
function failWithoutRevision({ report, policy }: Reconciling, failure: AppError): number {
  const needsPerson = !failure.retryable && failure.code !== 'internal';
  report.show({
    state: 'failed',
    message: failure.message,
    ...(needsPerson && { needsPerson }),
  });
  return policy.reconcileMs();
}

/** Ends the open change of another revision: only the newest accepted one is continued. */
async function endOther(
  { records: { journal }, clock }: Reconciling,
  open: JournalEntry | undefined,
  revision: RevisionRef | undefined,
): Promise<void> {
  if (open === undefined || isSame(revision, open.revision)) return;
  await journal.end({ ...open, ended: { at: clock.now(), result: 'superseded' } });
}

/** Whether somebody else wrote meanwhile, so that a new pass at once is enough. */
function isRace({ code }: AppError): boolean {
  return code === 'datastore-conflict' || code === 'writer-lease-lost';
}

function isSame(a: RevisionRef | undefined, b: RevisionRef): boolean {
  return a !== undefined && sameRevision(a, b);
}
