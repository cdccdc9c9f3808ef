import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import type { StoredAgentState } from '../../../schemas/generated/agent-state.ts';

/** Accepted revisions, and which of them is what. Everything is on disk when a call resolves. */
export interface RevisionStore {
  save(revision: Revision): Promise<void>;
  /**
   * Undefined where it is not there, or is not what it is taken for: its digest is checked, and what
   * does not fit is set aside. @throws AppError where nobody can tell
   */
  load(ref: RevisionRef): Promise<Revision | undefined>;
  /** As `load`, for less. @throws AppError where nobody can tell */
  holds(ref: RevisionRef): Promise<boolean>;
  /** Newest first. */
  list(): Promise<readonly StoredRevisionInfo[]>;
  /** Forgets the oldest beyond what is kept, never one of those that are named. */
  prune(keep: readonly RevisionRef[]): Promise<void>;
  /**
   * Undefined where there is none.
   * @param damaged called where it was damaged, with the path that it was set aside as
   */
  loadState(damaged?: (aside: string) => void): Promise<StoredAgentState | undefined>;
  saveState(state: StoredAgentState): Promise<void>;
}

export type StoredRevisionInfo = Omit<Revision, 'text' | 'formatVersion'>;
