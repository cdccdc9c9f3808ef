/** The part of the agent's state about a change that is not confirmed. */
import { deadlineIn, msLeft } from '../../../core/confirm/deadline.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { BootClock } from '../../ports/boot-clock.ts';
import type { AgentState, StateStore } from '../state/agent-state.ts';

export type Stored = NonNullable<AgentState['confirming']>;

export interface StoredConfirming {
  /** Undefined: nothing waits for a confirmation. */
  current(): Stored | undefined;
  /** The stored part, if it is about this revision. */
  of(revision: RevisionRef): Stored | undefined;
  /** Changes the stored part, if it is still about this revision. @throws AppError */
  change(revision: RevisionRef, decide: (stored: Stored) => Stored): Promise<void>;
  /** Gives the change its whole time from now on. @throws AppError */
  setDeadline(revision: RevisionRef): Promise<void>;
  /** Time until the deadline, in ms. */
  left(stored: Stored): number;
}

export function createStoredConfirming(state: StateStore, boot: BootClock): StoredConfirming {
  const isOf = (stored: Stored | undefined, revision: RevisionRef): stored is Stored =>
    stored !== undefined && sameRevision(stored.revision, revision);
  const change: StoredConfirming['change'] = (revision, decide) =>
    state.change((current) => {
      const { confirming } = current;
      if (!isOf(confirming, revision)) return { result: undefined };
      return { state: { ...current, confirming: decide(confirming) }, result: undefined };
    });
  return {
    current: () => state.current().confirming,
    of: (revision) => {
      const { confirming } = state.current();
      return isOf(confirming, revision) ? confirming : undefined;
    },
    change,
    setDeadline: (revision) =>
      change(revision, (stored) => ({
        ...stored,
        deadline: deadlineIn(boot.now(), stored.seconds),
      })),
    left: ({ deadline, seconds }) =>
      deadline === undefined ? seconds * 1000 : msLeft(deadline, boot.now(), seconds),
  };
}
