import type { StoredAgentState } from '../../../schemas/generated/agent-state.ts';
import type { RevisionStore } from '../../ports/storage/revision-store.ts';

export type AgentState = Readonly<StoredAgentState>;

/** The agent's state in memory is never ahead of the one on disk. */
export interface StateStore {
  /** The state; that of a new agent as long as the state on disk is not known. */
  current(): AgentState;
  /** Whether the state was read, or there was none. */
  isKnown(): boolean;
  /** Reads the state if it was not read yet. @throws AppError */
  load(): Promise<void>;
  /**
   * Runs decisions one after the other, on a known state. A returned state is on disk before it
   * counts; where writing fails, nothing has changed. @throws AppError
   */
  change<T>(decide: (state: AgentState) => Decision<T> | Promise<Decision<T>>): Promise<T>;
}

export interface Decision<T> {
  /** Absent: the state stays. */
  readonly state?: AgentState;
  readonly result: T;
}

export interface StateStoreOptions {
  readonly store: Pick<RevisionStore, 'loadState' | 'saveState'>;
  /** Rebuilds a missing state as far as it is known; `aside` is the place of a damaged one. */
  readonly rebuild?: (aside: string | undefined) => Promise<AgentState | undefined>;
  /** Called before the first write. @throws AppError where nothing may be written */
  readonly claim?: () => Promise<void>;
}

const nothing: AgentState = { formatVersion: 1, lineages: [], rejected: [] };

export function createStateStore({ store, rebuild, claim }: StateStoreOptions): StateStore {
  let known: AgentState | undefined;
  let loading: Promise<void> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const read = async (): Promise<void> => {
    let aside: string | undefined;
    const stored = await store.loadState((path) => {
      aside = path;
    });
    if (stored !== undefined) {
      known = stored;
      return;
    }
    const rebuilt = await rebuild?.(aside);
    // Keeps the reason for a restart. If it cannot be written, the next start finds the reason
    // again.
    if (rebuilt !== undefined) await keep(rebuilt).catch(() => undefined);
    known = rebuilt ?? nothing;
  };
  const keep = async (next: AgentState): Promise<void> => {
    await claim?.();
    await store.saveState(next);
  };
  /**
   * A disk that fails after the renaming has the new state although the change failed, and the new
   * state must not count after a restart: the old one is written again. If that fails as well, the
   * next change overwrites it.
   */
  const replaceBy = async (next: AgentState): Promise<void> => {
    try {
      await store.saveState(next);
    } catch (error) {
      await store.saveState(known ?? nothing).catch(() => undefined);
      throw error;
    }
    known = next;
  };
  const load = async (): Promise<void> => {
    if (known !== undefined) return;
    loading ??= read().finally(() => {
      loading = undefined;
    });
    await loading;
  };
  return {
    current: () => known ?? nothing,
    isKnown: () => known !== undefined,
    load,
    change: (decide) => {
      const decided = last.then(async () => {
        await load();
        await claim?.();
        const decision = await decide(known ?? nothing);
        if (decision.state !== undefined) await replaceBy(decision.state);
        return decision.result;
      });
      last = decided.catch(() => undefined);
      return decided;
    },
  };
}
