import type { Noted, WriterRecord, Hold } from '../../../core/writer/writer-record.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';

/**
 * The writer lease: one agent at a time writes the cluster-wide resources. The writer record names
 * the revision that was last written. A compare with the record fences each write, not time alone.
 */
export interface WriterLease {
  /** Reads the lease and the record, without a claim. */
  read(): Promise<WriterStatus>;
  /** Takes the lease if it is free, or keeps it; does not wait for another holder. */
  claim(): Promise<Claim>;
  /**
   * Records the revision that is about to be written; changes nothing if it is recorded already.
   * The returned fence counts from then on.
   * @throws AppError writer-lease-lost
   */
  record(revision: RevisionRef, fence: Fence, noted?: RecordNotes): Promise<Fence>;
  /** Stops all agents' writing, whoever holds the lease; undefined: lets them write again. */
  setHold(hold: Hold | undefined): Promise<void>;
  /**
   * Changes the digests of what is done once for the cluster, whoever holds the lease; does nothing where no other agent
   * could read them. @param change returns the same list where nothing changes; it may be called several times
   */
  changeDoneOnce(change: (done: readonly string[]) => readonly string[]): Promise<void>;
  /**
   * Tells all agents that the recorded revision goes back to nothing, whoever holds the lease; does nothing where another
   * one is recorded by now.
   */
  takeBack(revision: RevisionRef, reason: string): Promise<void>;
  /** Gives the lease back, so that another agent need not wait; does nothing if it is not held. */
  release(): Promise<void>;
}

/** Other parts of the record: a count of drift corrections, and why a revision is rolled back. */
export type RecordNotes = Pick<Noted, 'isCorrection' | 'rollbackReason'>;

/**
 * Proof of holding the lease, for the datastore of the same connection. Opaque to all other code.
 */
export interface Fence {
  readonly term: string;
}

export interface WriterStatus {
  /** The node whose agent holds the lease now. */
  readonly holder?: string;
  readonly record?: WriterRecord;
}

export type Claim =
  | { readonly held: true; readonly fence: Fence; readonly record?: WriterRecord }
  | { readonly held: false; readonly holder: string; readonly record?: WriterRecord };
