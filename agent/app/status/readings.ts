import type { Derived } from '../../../core/deciding/question.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { RevisionStore } from '../../ports/storage/revision-store.ts';
import {
  summarizeRevisions,
  type RevisionHistory,
  type RevisionSummary,
} from '../state/history.ts';
import type { Records } from '../state/records.ts';
import type { SessionsReport } from '../sessions/observe-sessions.ts';
import type { AgentSignal, Signals } from './signals.ts';

/**
 * The agent's knowledge, and readings of this machine. Nothing here asks the datastore or changes
 * anything.
 */
export interface Readings {
  status(): AgentStatus;
  subscribe(listener: (event: AgentSignal) => void): () => void;
  /** Resolves when the first pass since the start has ended, whatever came of it. */
  firstPass(): Promise<void>;
  facts(): NodeFacts;
  /** The accepted revision as derived for this node; undefined while there is none. */
  derived(): Derived | undefined;
  /** Reads the BGP sessions of this node now. */
  sessions(): Promise<SessionsReport>;
  acceptedRevision(): Promise<Revision | undefined>;
  revisions(): Promise<readonly RevisionSummary[]>;
  /** As revisions, with the changes that cannot be read now. */
  history(): Promise<RevisionHistory>;
  /** A revision with its text; undefined where the text is damaged or missing. */
  revision(ref: RevisionRef): Promise<Revision | undefined>;
  /** Derives a kept revision for this node. @throws AppError */
  derivedOf(ref: RevisionRef): Promise<Derived>;
}

export interface ReadingsDeps extends Pick<
  Readings,
  'status' | 'firstPass' | 'facts' | 'derived' | 'derivedOf' | 'sessions'
> {
  readonly records: Records;
  readonly store: RevisionStore;
  /** Loads a revision as the store does, and tells the listeners when its text is lost. */
  readonly load: RevisionStore['load'];
  readonly events: Signals;
}

export function createReadings(deps: ReadingsDeps): Readings {
  const { records, store, events, status, firstPass, facts, derived, derivedOf, sessions } = deps;
  const { state, journal } = records;
  const history = (): Promise<RevisionHistory> =>
    summarizeRevisions(store, journal, state.current());
  return {
    status,
    firstPass,
    facts,
    derived,
    derivedOf,
    sessions,
    subscribe: events.subscribe,
    acceptedRevision: async () => {
      const { accepted } = state.current();
      return accepted === undefined ? undefined : deps.load(accepted);
    },
    revision: (ref) => store.load(ref),
    revisions: async () => (await history()).revisions,
    history,
  };
}
