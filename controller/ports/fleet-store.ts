import type { Revision } from '../../core/revision/revision.ts';
import type { StoredNode } from '../../schemas/generated/controller-state.ts';

/** What a controller remembers over a restart. */
export interface FleetStore {
  /** @throws AppError where what is there belongs to another cluster, or cannot be read */
  load(): Promise<StoredFleetState>;
  /** On disk when it resolves. */
  addRevision(revision: Revision): Promise<void>;
  /** The newest one, with what a person decided. On disk when it resolves; else it stays as it was. */
  replaceRevision(revision: Revision): Promise<void>;
  /** All nodes, in place of those before. */
  saveNodes(nodes: readonly StoredNode[]): Promise<void>;
}

export interface StoredFleetState {
  /** The newest one; absent where there is none, or its file cannot be read any more. */
  readonly revision?: Revision;
  /** The newest number that was ever used; 0 for none. */
  readonly lastNumber: number;
  /** What is wrong with what was there, and what a person can do. */
  readonly problem?: string;
  /** As `problem`, of the list of nodes. */
  readonly nodesProblem?: string;
  readonly nodes: readonly StoredNode[];
}
