/** Guard routes and fleet reports listen to how far a change is, from before its first step to its end. */
import type { AnyPlan } from '../../../core/plan/plan.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Progress } from './stop-at-gates.ts';

export interface BeginningChange {
  readonly revision: RevisionRef;
  /** What is left to do. */
  readonly plan: AnyPlan;
  /** The revision was in force before: no fleet works on it. */
  readonly isOwnOnly: boolean;
}

/** How far a change has come on this node. */
export type ChangeMoment = { readonly revision: RevisionRef } & (
  | { readonly at: 'step'; readonly progress: Progress }
  | { readonly at: 'gate'; readonly progress: Progress; readonly why: string }
  /** This node's part is written; another agent has to write the rest. */
  | { readonly at: 'awaits-writer'; readonly why: string }
  /** Everything is written and was read back: nothing is left to do. */
  | { readonly at: 'written' }
  /** It has proven itself, and stays. */
  | { readonly at: 'confirmed' }
  /** It is rejected, and the agent rolls back to what was in force before. */
  | { readonly at: 'rejected'; readonly why: string }
);

export interface ChangeListener {
  /**
   * Before a gate is read or anything is written, in every pass that has something to do, so also
   * after a restart and at each reading of a gate. The change waits for it. Without an own deadline
   * it must end by itself.
   */
  begins(change: BeginningChange): Promise<void>;
  /** Must not throw, and nobody waits for what it starts. */
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
