import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import type { StoredAgentState } from '../../../schemas/generated/agent-state.ts';

/**
 * The accepted revisions, and the state that names them. Everything is on disk when a call
 * resolves.
 */
export interface RevisionStore {
  save(revision: Revision): Promise<void>;
  /**
   * Loads a revision and checks its digest; undefined: it is missing, or damaged and was set aside.
   * @throws AppError where the disk cannot be read
   */
  load(ref: RevisionRef): Promise<Revision | undefined>;
  /**
   * Whether `load` would find it, with less work. @throws AppError where the disk cannot be read
   */
  holds(ref: RevisionRef): Promise<boolean>;
  /** Newest first. */
  list(): Promise<readonly StoredRevisionInfo[]>;
  /** Removes the oldest revisions beyond the limit, but never one that is named. */
  prune(keep: readonly RevisionRef[]): Promise<void>;
  /**
   * Loads the state; undefined: there is none.
   * @param damaged called for a damaged state, with the path of the file that was set aside
   */
  loadState(damaged?: (aside: string) => void): Promise<StoredAgentState | undefined>;
  saveState(state: StoredAgentState): Promise<void>;
}

export type StoredRevisionInfo = Omit<Revision, 'text' | 'formatVersion'>;
