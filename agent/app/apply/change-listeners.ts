/** Guard routes and fleet reports follow a change, from before its first step to its end. */
import type { AnyPlan } from '../../../core/plan/plan.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Progress } from './stop-at-gates.ts';

export interface BeginningChange {
  readonly revision: RevisionRef;
  /** The changes that are left. */
  readonly plan: AnyPlan;
  /** The revision was in force already, so no other node works on it. */
  readonly isOwnOnly: boolean;
}

/** The progress of a change on this node. */
export type ChangeMoment = { readonly revision: RevisionRef } & (
  | {
      readonly at: 'step';
      readonly progress: Progress;
      /** Services of this machine are restarted in it. */
      readonly isRestart?: boolean;
    }
  | { readonly at: 'gate'; readonly progress: Progress; readonly why: string }
  /** This node's part is written; another agent has to write the rest. */
  | { readonly at: 'awaits-writer'; readonly why: string }
  /** Everything is written and was read back: nothing is left to do. */
  | { readonly at: 'written' }
  /** The change is confirmed, and stays. */
  | { readonly at: 'confirmed' }
  /** The change is rejected, and the agent rolls back to the previous revision. */
  | { readonly at: 'rejected'; readonly why: string }
);

export interface ChangeListener {
  /**
   * Called in every pass that has something to do, before it reads a gate or writes: also after a
   * restart and at each reading of a gate. The change waits for the listener, which therefore has
   * to end by itself.
   */
  begins(change: BeginningChange): Promise<void>;
  /** Must not throw. The change does not wait for anything that it starts. */
  moved(moment: ChangeMoment): void;
}

export function createChangeListeners(
  listeners: readonly ChangeListener[],
  logger: Pick<Logger, 'error'>,
): ChangeListener {
  const failed = (error: unknown): void =>
    logger.error('a listener of the change failed', { reason: reasonOf(error) });
  return {
    begins: async (change) => {
      for (const listener of listeners) await listener.begins(change).catch(failed);
    },
    moved: (moment) => {
      for (const listener of listeners) {
        try {
          listener.moved(moment);
        } catch (error) {
          failed(error);
        }
      }
    },
  };
}
