/** A person confirms a change, or rolls it back. */
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import { rollBack } from '../confirm/roll-back.ts';
import { rollbackTarget, type Rollback } from '../confirm/rollback-target.ts';
import type { JournalWaiting } from '../../../schemas/generated/journal.ts';
import type { AgentState } from '../state/agent-state.ts';
import { revisionName } from '../state/revision-name.ts';
import { withConfirmed, withDoneByHand } from '../state/state-changes.ts';
import { isOfCluster } from '../../../core/writer/done-once.ts';
import type { OperationsDeps } from './operations-deps.ts';

export interface RollbackRequest {
  readonly by: string;
  /** The revision as a person writes it; absent: the last confirmed one. */
  readonly revision?: string;
  /** Only where this is the accepted one; absent: whichever it is. */
  readonly from?: RevisionRef;
}

export interface ConfirmOperations {
  /**
   * Confirms the revision in force.
   * @param only where it is this one; absent: whichever it is
   * @throws AppError not-found, not-ready
   */
  confirm(only?: RevisionRef): Promise<RevisionRef>;
  /**
   * A person has run the commands for which the change waits: it goes on. Returns the revision; undefined: no change
   * waits for a person's commands.
   */
  doneByHand(): Promise<RevisionRef | undefined>;
  /** Rolls the accepted revision back to another one. @throws AppError not-found */
  rollback(request: RollbackRequest): Promise<Rollback>;
}

export function createConfirmOperations({
  reconciling,
  store,
  loop,
}: OperationsDeps): ConfirmOperations {
  const { records, confirming, writer } = reconciling;
  const { state } = records;
  return {
    confirm: async (only) => {
      const revision = await state.change((current) => {
        const waiting = current.confirming;
        const { accepted } = current;
        if (only !== undefined && waiting !== undefined && !sameRevision(waiting.revision, only)) {
          throw cannotConfirm(`${revisionName(only)} does not wait for it`);
        }
        if (waiting === undefined) throw nothingWaits(current);
        const isAccepted = accepted !== undefined && sameRevision(accepted, waiting.revision);
        if (waiting.isInForce !== true || !isAccepted) throw notYet(waiting.revision);
        return {
          state: withConfirmed(current, waiting.revision, { by: 'person' }),
          result: waiting.revision,
        };
      });
      confirming.confirmed(revision);
      loop.wake();
      return revision;
    },
    doneByHand: async () => {
      const open = await records.journal.open();
      const digests = (open?.waiting?.gates ?? []).map(digestsOf).find(({ length }) => length > 0);
      if (open === undefined || digests === undefined) return undefined;
      for (const digest of digests.filter(isOfCluster)) await writer.answerOnce(digest);
      await state.change((current) => ({
        state: digests.reduce(withDoneByHand, current),
        result: undefined,
      }));
      loop.wake();
      const { lineage, number, digest: ofContent } = open.revision;
      return { lineage, number, digest: ofContent };
    },
    rollback: ({ by, revision, from }) =>
      loop.between(async () => {
        const { accepted } = state.current();
        const isOther = accepted === undefined || (from && !sameRevision(accepted, from));
        if (from !== undefined && isOther) throw notAccepted(from);
        const rollback = await rollbackTarget(state.current(), store, revision);
        const why = `${by} asked for it`;
        await rollBack(reconciling, {
          revision: rollback.from,
          target: rollback.to,
          why,
          overrules: true,
        });
        confirming.forget();
        return rollback;
      }),
  };
}

/** None: the gate waits for something else. */
function digestsOf(gate: JournalWaiting['gates'][number]): readonly string[] {
  if (gate.kind !== 'outside') return [];
  return [gate['digest'], gate['once']].filter((one) => typeof one === 'string');
}

function nothingWaits({ accepted, confirmed, inForce }: AgentState): AppError {
  if (accepted === undefined)
    return cannotConfirm(
      'no configuration was accepted yet; calico-agent apply CONFIG applies one',
    );
  if (confirmed !== undefined && sameRevision(confirmed, accepted)) {
    return cannotConfirm(`${revisionName(accepted)} is confirmed already`);
  }
  const isInForce = inForce !== undefined && sameRevision(inForce, accepted);
  return isInForce ? cannotConfirm('no change waits for it') : notYet(accepted);
}

function notAccepted(revision: RevisionRef): AppError {
  const message = `cannot roll back: ${revisionName(revision)} is not the accepted revision`;
  return new AppError('not-found', message);
}

function cannotConfirm(why: string): AppError {
  return new AppError('not-found', `cannot confirm: ${why}`);
}

function notYet(revision: RevisionRef): AppError {
  const message = `cannot confirm: ${revisionName(revision)} is not in force yet; calico-agent watch shows when it is`;
  return new AppError('not-ready', message);
}
