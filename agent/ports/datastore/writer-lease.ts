import type { Noted, WriterRecord, Hold } from '../../../core/writer/writer-record.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';

/**
 * Who writes the cluster-wide resources: one agent at a time. The store's record says whose revision it has
 * last been written for; writing is fenced by a compare on it, not by time alone.
 */
export interface WriterLease {
  /** Looks, and asks for nothing. */
  read(): Promise<WriterStatus>;
  /** Takes the lease where it is free, or keeps it; does not wait for another holder. */
  claim(): Promise<Claim>;
  /**
   * Notes the revision that is about to be written; where it is noted already, changes nothing.
   * The fence that comes back counts from then on.
   * @throws AppError writer-lease-lost
   */
  record(revision: RevisionRef, fence: Fence, noted?: RecordNotes): Promise<Fence>;
  /** Stops all agents' writing, whoever holds the lease; undefined: lets them write again. */
  setHold(hold: Hold | undefined): Promise<void>;
  /** Gives the lease up, so that another agent need not wait; nothing where it is not held. */
  release(): Promise<void>;
}

/** What else the record says: a correction of drift is counted, and why a revision is rolled back. */
export type RecordNotes = Pick<Noted, 'isCorrection' | 'rollbackReason'>;

/** Proof of holding the lease, for the datastore of the same connection. Opaque to everybody else. */
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
