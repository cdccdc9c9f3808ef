import { backoff } from '../../core/protocol/backoff.ts';
import { sameRevision } from '../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import type { AppError } from '../../runtime/errors.ts';
import type { JournalEntry } from '../../schemas/generated/journal.ts';
import { bringIntoForce } from './bring-into-force.ts';
import { nameOf, type ReconcileDeps } from './reconcile-deps.ts';
import { asFailure, rejectRevision, reportRetry } from './report-failure.ts';
import type { AgentState } from './state-keeper.ts';

const retryLimits = { baseMs: 1000, capMs: 60_000 };

/** Makes the pass that the loop runs; what it gives back is the time until the next, in ms. */
export function createReconcile(deps: ReconcileDeps): () => Promise<number | undefined> {
  let failing: { readonly revision: RevisionRef; readonly count: number } | undefined;
  let cutOff: RevisionRef | undefined;
  let isFirst = true;

  const attempt = async (): Promise<number | undefined> => {
    const state = deps.state.current();
    const open = await deps.journal.open();
    if (isFirst) cutOff = open?.revision;
    isFirst = false;
    const revision = state.accepted;
    await endOther(deps, open, revision);
    if (revision === undefined) {
      deps.show({ state: 'waiting', message: `no configuration${lastRejection(state)}` });
      return undefined;
    }
    const recovering = isSame(cutOff, revision);
    if (recovering) {
      deps.show({
        state: 'recovering',
        message: `${nameOf(revision)} was cut off and is being finished`,
      });
    }
    const outcome = await bringIntoForce(deps, revision, recovering);
    if (outcome === 'stopped') return undefined;
    failing = undefined;
    cutOff = undefined;
    const message = `${nameOf(revision)} is in force`;
    deps.show({ state: 'in-force', message: message + lastRejection(deps.state.current()) });
    if (outcome === 'entered') {
      deps.logger.info(message);
      deps.emit({ type: 'stage', revision, stage: 'applied' });
      deps.emit({ type: 'stage', revision, stage: 'confirmed' });
    }
    return deps.reconcileMs();
  };

  const fail = async (revision: RevisionRef, failure: AppError): Promise<number> => {
    if (!failure.retryable && (await rejectRevision(deps, revision, failure))) return 0;
    const before = isSame(failing?.revision, revision) ? (failing?.count ?? 0) : 0;
    failing = { revision, count: before + 1 };
    const delayMs = failure.retryable
      ? backoff(before, retryLimits, deps.clock.random())
      : deps.reconcileMs();
    await reportRetry(deps, revision, failure, { delayMs, recovering: isSame(cutOff, revision) });
    return delayMs;
  };

  return async () => {
    const revision = deps.state.current().accepted;
    try {
      return await attempt();
    } catch (error) {
      const failure = asFailure(deps, error);
      if (revision !== undefined) return fail(revision, failure);
      deps.show({ state: 'failed', message: failure.message });
      return deps.reconcileMs();
    }
  };
}

/** The newest accepted revision wins: a change to another one that was cut off is not taken up again. */
async function endOther(
  { journal, clock }: ReconcileDeps,
  open: JournalEntry | undefined,
  revision: RevisionRef | undefined,
): Promise<void> {
  if (open === undefined || isSame(revision, open.revision)) return;
  await journal.end({ ...open, ended: { at: clock.now(), result: 'superseded' } });
}

/** Said as long as the newest revision is one that was rejected. */
function lastRejection({ accepted, lineages, rejected }: AgentState): string {
  const newest = lineages.at(-1);
  if (newest === undefined || isSame(accepted, newest)) return '';
  const rejection = rejected.find((one) => sameRevision(one, newest));
  return rejection === undefined ? '' : `; ${nameOf(newest)} was rejected: ${rejection.reason}`;
}

function isSame(a: RevisionRef | undefined, b: RevisionRef): boolean {
  return a !== undefined && sameRevision(a, b);
}
