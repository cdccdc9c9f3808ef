import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { JournalFailure } from '../../../schemas/generated/journal.ts';
import type { AgentEvent } from '../agent.ts';
import { nameOf, type ReconcileDeps } from './reconcile-deps.ts';
import { withRejected } from '../state/state-changes.ts';

type FailedEvent = Extract<AgentEvent, { readonly type: 'failed' }>;

const maxReason = 4096;

/** An error that is none of ours is a fault of the program: the log gets it whole. */
export function asFailure({ logger }: ReconcileDeps, error: unknown): AppError {
  if (error instanceof AppError) return error;
  logger.error('unexpected error', { error: error instanceof Error ? error.stack : String(error) });
  return new AppError('internal', `unexpected error: ${reasonOf(error)}`, { cause: error });
}

/**
 * Waiting does not help: the revision is rejected, and what was in force before is wanted again.
 * False for one that is in force: it is not bad because correcting it failed.
 */
export async function rejectRevision(
  deps: ReconcileDeps,
  revision: RevisionRef,
  error: AppError,
): Promise<boolean> {
  const { inForce } = deps.state.current();
  if (inForce !== undefined && sameRevision(inForce, revision)) return false;
  const failure = failureOf(deps, revision, error);
  try {
    const open = await deps.journal.open();
    if (open !== undefined) {
      await deps.journal.end({ ...open, failure, ended: { at: failure.at, result: 'failed' } });
    }
    const rejection = { ...revision, at: failure.at, reason: failure.message };
    await deps.state.change((state) => ({
      state: withRejected(state, rejection),
      result: undefined,
    }));
  } catch (unwritten) {
    deps.logger.error(`cannot note that ${nameOf(revision)} is rejected`, {
      reason: reasonOf(unwritten),
    });
    return false;
  }
  deps.logger.error(failure.message, {
    goingBackTo: inForce === undefined ? 'nothing' : nameOf(inForce),
  });
  emitFailure(deps, revision, error, { message: failure.message, retrying: false, mayPass: false });
  return true;
}

/** It goes on trying, and says so. */
export async function reportRetry(
  deps: ReconcileDeps,
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
  await noteInJournal(deps, revision, failure);
  const message = `${failure.message}; trying again in ${String(Math.ceil(next.delayMs / 1000))} s`;
  deps.logger[next.isNew ? 'warn' : 'debug'](message);
  deps.show({
    state: next.recovering ? 'recovering' : 'failed',
    message,
    ...(!next.mayPass && { needsPerson: true }),
  });
  const { mayPass } = next;
  emitFailure(deps, revision, error, { message: failure.message, retrying: true, mayPass });
}

/** For the history; where the disk is full, that is the failure that counts. */
async function noteInJournal(
  { journal, logger }: ReconcileDeps,
  revision: RevisionRef,
  failure: JournalFailure,
): Promise<void> {
  try {
    const open = await journal.open();
    if (open !== undefined && sameRevision(open.revision, revision))
      await journal.write({ ...open, failure });
  } catch (error) {
    logger.warn('cannot note a failure in the journal', { reason: reasonOf(error) });
  }
}

function failureOf(
  { clock }: ReconcileDeps,
  revision: RevisionRef,
  error: AppError,
): JournalFailure {
  const message = `cannot apply ${nameOf(revision)}: ${error.message}`;
  return { at: clock.now(), code: error.code, message: message.slice(0, maxReason) };
}

function emitFailure(
  { emit }: ReconcileDeps,
  revision: RevisionRef,
  { code, issues }: AppError,
  said: Pick<FailedEvent, 'message' | 'retrying' | 'mayPass'>,
): void {
  emit({ type: 'failed', revision, code, issues, ...said });
}
