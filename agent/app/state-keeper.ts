import type { StoredAgentState } from '../../schemas/generated/agent-state.ts';
import type { RevisionStore } from '../ports/revision-store.ts';

export type AgentState = Readonly<StoredAgentState>;

/** The agent's state in memory is never ahead of the one on disk. */
export interface StateKeeper {
  current(): AgentState;
  load(): Promise<void>;
  /**
   * Runs decisions one after the other. What one returns as state is on disk before it counts;
   * where that fails, nothing has changed.
   */
  change<T>(decide: (state: AgentState) => Decision<T> | Promise<Decision<T>>): Promise<T>;
}

export interface Decision<T> {
  /** Absent: it stays. */
  readonly state?: AgentState;
  readonly result: T;
}

export function createStateKeeper(store: RevisionStore): StateKeeper {
  let state: AgentState = { formatVersion: 1, lineages: [], rejected: [] };
  let last: Promise<unknown> = Promise.resolve();
  return {
    current: () => state,
    load: async () => {
      state = (await store.loadState()) ?? state;
    },
    change: (decide) => {
      const decided = last.then(async () => {
        const decision = await decide(state);
        if (decision.state !== undefined) {
          await store.saveState(decision.state);
          state = decision.state;
        }
        return decision.result;
      });
      last = decided.catch(() => undefined);
      return decided;
    },
  };
}
