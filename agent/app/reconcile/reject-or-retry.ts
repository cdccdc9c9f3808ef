import { revisionText } from '../../../core/revision/revision-text.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { JournalFailure } from '../../../schemas/generated/journal.ts';
import { isRollingBack } from '../state/rolling-back.ts';
import { revisionName } from '../state/revision-name.ts';
import type { AgentSignal } from '../status/signals.ts';
import type { Report } from '../status/report.ts';
import type { Reconciling } from './reconcile-deps.ts';
import { withForceInDoubt, withRejected } from '../state/state-changes.ts';

type FailedSignal = Extract<AgentSignal, { readonly type: 'failed' }>;

export type FailureDeps = Pick<Reconciling, 'records' | 'report' | 'clock' | 'listeners'>;

const maxReason = 4096;

/**
 * Turns any error into an AppError; another one is a fault of the program, whose stack goes to the
 * log.
 */
export function asFailure({ logger }: Pick<Report, 'logger'>, error: unknown): AppError {
  if (error instanceof AppError) return error;
  logger.error('unexpected error', { error: error instanceof Error ? error.stack : String(error) });
  return new AppError('internal', `unexpected error: ${reasonOf(error)}`, { cause: error });
}

/**
 * Rejects a revision for which waiting does not help; the confirmed one becomes the accepted one
 * again. Returns false for the revision in force, which is not bad because a correction failed, and
 * for the last confirmed one, which is not bad because a rollback to it failed.
 */
export async function rejectRevision(
  deps: FailureDeps,
  revision: RevisionRef,
  error: AppError,
): Promise<boolean> {
  const { inForce, confirmed } = deps.records.state.current();
  const isKept = [inForce, confirmed].some((ref) => ref && sameRevision(ref, revision));
  if (isKept) return false;
  const failure = failureOf(deps, revision, error);
  try {
    const open = await deps.records.journal.open();
    if (open !== undefined) {
      await deps.records.journal.end({
        ...open,
        failure,
        ended: { at: failure.at, result: 'failed' },
      });
    }
    const rejection = { ...revision, at: failure.at, reason: failure.message };
    await deps.records.state.change((state) => {
      const rejected = withRejected(state, rejection);
      return {
        state: open === undefined ? rejected : withForceInDoubt(rejected),
        result: undefined,
      };
    });
  } catch (unwritten) {
    deps.report.logger.error(`cannot store that ${revisionName(revision)} is rejected`, {
      revision: revisionText(revision),
      reason: reasonOf(unwritten),
    });
    return false;
  }
  deps.report.logger.error(failure.message, {
    revision: revisionText(revision),
    rollingBackTo: inForce === undefined ? 'nothing' : revisionName(inForce),
  });
  emitFailure(deps, revision, error, { message: failure.message, retrying: false, mayPass: false });
  deps.listeners.moved({ revision, at: 'rejected', why: failure.message });
  return true;
}

/** Reports a failure after which the loop tries again. */
export async function reportRetry(
  deps: FailureDeps,
  revision: RevisionRef,
  error: AppError,
  next: {
    readonly delayMs: number;
    readonly recovering: boolean;
    readonly mayPass: boolean;
    readonly isNew: boolean;
  },
): Promise<void> {
  const failure = failureOf(deps, revision, error);
  await writeToJournal(deps, revision, failure);
  const message = `${failure.message}; trying again in ${String(Math.ceil(next.delayMs / 1000))} s`;
  deps.report.logger[next.isNew ? 'warn' : 'debug'](message);
  const rollingBack = isRollingBack(deps.records.state.current(), revision);
  deps.report.show({
    state: rollingBack ? 'rolling-back' : next.recovering ? 'recovering' : 'failed',
    message,
    ...(!next.mayPass && { needsPerson: true }),
  });
  const { mayPass } = next;
  emitFailure(deps, revision, error, { message: failure.message, retrying: true, mayPass });
}

/**
 * Writes the failure to the journal, for the history. A full disk must not hide the failure itself.
 */
async function writeToJournal(
  { records: { journal }, report }: FailureDeps,
  revision: RevisionRef,
  failure: JournalFailure,
): Promise<void> {
  try {
    const open = await journal.open();
    if (open !== undefined && sameRevision(open.revision, revision))
      await journal.write({ ...open, failure });
  } catch (error) {
    report.logger.warn('cannot write a failure to the journal', { reason: reasonOf(error) });
  }
}

function failureOf({ clock }: FailureDeps, revision: RevisionRef, error: AppError): JournalFailure {
  const message = `cannot apply ${revisionName(revision)}: ${error.message}`;
  return { at: clock.now(), code: error.code, message: message.slice(0, maxReason) };
}

function emitFailure(
  { report }: FailureDeps,
  revision: RevisionRef,
  { code, issues }: AppError,
  parts: Pick<FailedSignal, 'message' | 'retrying' | 'mayPass'>,
): void {
  report.emit({ type: 'failed', revision, code, issues, ...parts });
}
