import type { ShareRecord, Hold } from '../../core/writer/writer-record.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';

/**
 * Who writes the cluster share: one agent at a time. The store's record says whose revision it has
 * last been written for; writing is fenced by a compare on it, not by time alone.
 */
export interface ClusterShare {
  /** Looks, and asks for nothing. */
  read(): Promise<ShareStanding>;
  /** Takes the share where it is free, or keeps it; does not wait for another holder. */
  claim(): Promise<Claim>;
  /**
   * Notes the revision that is about to be written; where it is noted already, changes nothing.
   * The fence that comes back counts from then on. A correction of drift is counted in the record.
   * @throws AppError share-lost
   */
  record(revision: RevisionRef, fence: Fence, isCorrection?: boolean): Promise<Fence>;
  /** Stops all agents' writing, whoever holds the share; undefined: lets them write again. */
  setHold(hold: Hold | undefined): Promise<void>;
  /** Gives the share up, so that another agent need not wait; nothing where it is not held. */
  release(): Promise<void>;
}

/** Proof of holding the share, for the datastore of the same connection. Opaque to everybody else. */
export interface Fence {
  readonly term: string;
}

export interface ShareStanding {
  /** The node whose agent holds the share now. */
  readonly holder?: string;
  readonly record?: ShareRecord;
}

export type Claim =
  | { readonly held: true; readonly fence: Fence; readonly record?: ShareRecord }
  | { readonly held: false; readonly holder: string; readonly record?: ShareRecord };
