/** The agent's files besides its revisions: its state, and the journal of its changes. */
import type { Clock } from '../../ports/clock.ts';
import type { Journal } from '../../ports/storage/journal.ts';
import type { RevisionStore } from '../../ports/storage/revision-store.ts';
import { createStateStore, type StateStore } from './agent-state.ts';
import { rebuildState } from './rebuild-state.ts';

export interface Records {
  readonly state: StateStore;
  readonly journal: Journal;
}

export interface RecordsDeps {
  readonly store: RevisionStore;
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'now'>;
  /** Locks the state directory for this process. @throws AppError */
  readonly claim: () => Promise<void>;
}

export function createRecords({ store, journal, clock, claim }: RecordsDeps): Records {
  const state = createStateStore({
    store,
    claim,
    rebuild: async (aside) => {
      const { summaries: history } = await journal.readableHistory();
      const remains = { revisions: await store.list(), history };
      return rebuildState(remains, clock.now(), whyLost(aside));
    },
  });
  return { state, journal };
}

function whyLost(aside: string | undefined): string {
  return aside === undefined
    ? 'the file state.json is missing, although there are revisions'
    : `the file state.json was damaged, and was set aside as "${aside}"`;
}
