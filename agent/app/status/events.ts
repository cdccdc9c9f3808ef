import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { AgentEvent } from '../agent.ts';

export interface Events {
  emit(event: AgentEvent): void;
  subscribe(listener: (event: AgentEvent) => void): () => void;
}

/** A listener that fails hurts neither the agent nor the other listeners. */
export function createEvents(logger: Pick<Logger, 'error'>): Events {
  const listeners = new Set<(event: AgentEvent) => void>();
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
