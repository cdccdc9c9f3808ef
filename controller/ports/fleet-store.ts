import type { Revision } from '../../core/revision/revision.ts';
import type { StoredNode } from '../../schemas/generated/controller-state.ts';

/** The state that a controller keeps over a restart. */
export interface FleetStore {
  /** Loads the state. @throws AppError where it belongs to another cluster, or cannot be read */
  load(): Promise<StoredFleetState>;
  /** Stores a revision, which is on disk when this resolves. */
  addRevision(revision: Revision): Promise<void>;
  /**
   * Replaces the newest revision by the same one with a person's decision. It is on disk when this
   * resolves; after a failure the old one stays.
   */
  replaceRevision(revision: Revision): Promise<void>;
  /** Replaces all stored nodes. */
  saveNodes(nodes: readonly StoredNode[]): Promise<void>;
}

export interface StoredFleetState {
  /** The newest revision; absent: there is none, or its file cannot be read any more. */
  readonly revision?: Revision;
  /** The newest number that was ever used; 0 for none. */
  readonly lastNumber: number;
  /** A fault of the stored state, with a hint. */
  readonly problem?: string;
  /** As `problem`, for the list of nodes. */
  readonly nodesProblem?: string;
  readonly nodes: readonly StoredNode[];
}
