import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Issue } from '../../../core/issue.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

/** The stages of a revision. */
export type Stage = 'accepted' | 'applied' | 'confirmed';

export type AgentSignal =
  | { readonly type: 'status'; readonly status: AgentStatus }
  | { readonly type: 'stage'; readonly revision: RevisionRef; readonly stage: Stage }
  /**
   * A client asked for the stored text, which is damaged or missing. The datastore may still be as
   * desired.
   */
  | { readonly type: 'text-lost'; readonly revision: RevisionRef }
  | {
      readonly type: 'failed';
      readonly revision: RevisionRef;
      readonly code: string;
      readonly message: string;
      readonly issues: readonly Issue[];
      /** The agent goes on trying. */
      readonly retrying: boolean;
      /** Waiting may help; otherwise a person has to act. */
      readonly mayPass: boolean;
    };

export interface Signals {
  emit(event: AgentSignal): void;
  subscribe(listener: (event: AgentSignal) => void): () => void;
}

/** A listener that fails hurts neither the agent nor the other listeners. */
export function createSignals(logger: Pick<Logger, 'error'>): Signals {
  const listeners = new Set<(event: AgentSignal) => void>();
  return {
    emit: (event) => {
      for (const listener of [...listeners]) {
        try {
          listener(event);
        } catch (error) {
          logger.error('a listener failed', { event: event.type, reason: reasonOf(error) });
        }
      }
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
