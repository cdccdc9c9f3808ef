/** Rolls a revision back: rejects it, and makes another one the accepted one. */
import { revisionText } from '../../../core/revision/revision-text.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { Rejection, RevisionRef } from '../../../core/revision/revision.ts';
import type { ChangeListener } from '../apply/change-listeners.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AgentState } from '../state/agent-state.ts';
import type { Records } from '../state/records.ts';
import { revisionName } from '../state/revision-name.ts';
import { withRolledBack } from '../state/state-changes.ts';
import type { Report } from '../status/report.ts';

export interface RollBackDeps {
  readonly records: Records;
  readonly report: Pick<Report, 'emit' | 'logger' | 'proven' | 'show'>;
  readonly listeners: Pick<ChangeListener, 'moved'>;
  readonly clock: Pick<Clock, 'now'>;
}

export interface RollBackTask {
  readonly revision: RevisionRef;
  readonly why: string;
  /**
   * The revision to go to; undefined: none was confirmed before, so that no revision is accepted
   * any more.
   */
  readonly target: RevisionRef | undefined;
  /** A person asked for it: the rollback overrules the writes of other agents so far. */
  readonly overrules?: boolean;
}

/** The error code that clients get. */
const rolledBack = 'rolled-back';
const maxReason = 4096;

/**
 * Returns false where the revision is not the accepted one any more. Only to be called while no
 * pass runs.
 * @throws AppError when the state cannot be written; nothing has changed then
 */
export async function rollBack(deps: RollBackDeps, task: RollBackTask): Promise<boolean> {
  const { records, report, listeners, clock } = deps;
  const { revision, target } = task;
  const reason = `rolled back: ${task.why}`.slice(0, maxReason);
  const rejection: Rejection = { ...refOf(revision), at: clock.now(), reason };
  await endEntry(records, rejection);
  const isDone = await records.state.change((state) => {
    if (state.accepted === undefined || !sameRevision(state.accepted, revision)) {
      return { result: false };
    }
    return { state: stateAfter(state, rejection, task), result: true };
  });
  if (!isDone) return false;
  report.proven.doubt();
  report.logger.error(`${revisionName(revision)} is ${reason}`, {
    revision: revisionText(revision),
    rollingBackTo: target === undefined ? 'nothing' : revisionName(target),
  });
  if (target !== undefined) {
    const message = `rolling back to ${revisionName(target)}: ${revisionName(revision)} is ${reason}`;
    report.show({ state: 'rolling-back', message });
  }
  report.emit({
    type: 'failed',
    revision,
    code: rolledBack,
    message: reason,
    issues: [],
    retrying: false,
    mayPass: false,
  });
  listeners.moved({ revision, at: 'rejected', why: reason });
  return true;
}

function stateAfter(state: AgentState, rejection: Rejection, task: RollBackTask): AgentState {
  const { target, overrules = false } = task;
  const after = withRolledBack(state, rejection, target);
  if (target === undefined || !overrules) return after;
  const generation = state.seenGeneration ?? 0;
  return { ...after, writerPosition: { revision: target, generation, takeOver: true } };
}

/** Ends the journal entry of the change that was under way. */
async function endEntry(
  { journal }: Records,
  { at, reason, ...revision }: Rejection,
): Promise<void> {
  const open = await journal.open();
  if (open === undefined || !sameRevision(open.revision, revision)) return;
  const failure = { at, code: rolledBack, message: reason };
  await journal.end({ ...open, failure, ended: { at, result: 'failed' } });
}

function refOf({ lineage, number, digest }: RevisionRef): RevisionRef {
  return { lineage, number, digest };
}
