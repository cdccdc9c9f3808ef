import type { Revision, RevisionRef } from '../../core/revision/revision.ts';
import type { StoredAgentState } from '../../schemas/generated/agent-state.ts';

/** Accepted revisions, and which of them is what. Everything is on disk when a call resolves. */
export interface RevisionStore {
  save(revision: Revision): Promise<void>;
  load(ref: RevisionRef): Promise<Revision | undefined>;
  /** Newest first. */
  list(): Promise<readonly StoredRevisionInfo[]>;
  /** Forgets the oldest beyond what is kept, never one of those that are named. */
  prune(keep: readonly RevisionRef[]): Promise<void>;
  loadState(): Promise<StoredAgentState | undefined>;
  saveState(state: StoredAgentState): Promise<void>;
}

export type StoredRevisionInfo = Omit<Revision, 'text' | 'formatVersion'>;
