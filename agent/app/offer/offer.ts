import type { Issue } from '../../../core/issue.ts';
import type {
  Rejection,
  Revision,
  RevisionRef,
  SourceKind,
} from '../../../core/revision/revision.ts';
import type { EventActor } from '../../../schemas/generated/logged-event.ts';
import type { Stage } from '../status/signals.ts';

/** A configuration that a client offers. */
export interface Offer {
  readonly source: SourceKind;
  readonly lineage: string;
  /**
   * Absent: the next number of the lineage, or that of its last revision if the digest is the same.
   */
  readonly number?: number;
  /** The sender's digest; the agent compares it with its own. */
  readonly digest?: string;
  readonly mediaType: Revision['mediaType'];
  readonly text: string;
  readonly by: string;
  /** The client, where more is known of it than `by` and the source. */
  readonly client?: EventActor;
  /** Lets this source change an agent that belonged to another source so far. */
  readonly takeOver?: boolean;
  /** Applies a rejected digest again. */
  readonly retry?: boolean;
  /**
   * Seconds after which the agent rolls the revision back unless a person confirms it; absent: this
   * node's health decides.
   */
  readonly confirmSeconds?: number;
  /** The cluster-wide resources stay as they are until a later revision. Absent: they are brought into force, too. */
  readonly clusterShare?: 'later';
  /** This node applies it without guard routes. */
  readonly noGuard?: boolean;
  /** Accepts the loss of traffic against which guard routes do not help. */
  readonly acceptLoss?: boolean;
}

export type OfferOutcome =
  | {
      /** already: this digest and number were accepted before; nothing begins anew. */
      readonly result: 'accepted' | 'already';
      readonly revision: RevisionRef;
      readonly stage: Stage;
      readonly issues: readonly Issue[];
    }
  | {
      readonly result: 'refused';
      /** invalid-config, source-not-permitted, older-number, number-reused, digest-differs, rejected-before, loss-not-accepted. */
      readonly code: string;
      readonly message: string;
      readonly issues: readonly Issue[];
      /** With the code rejected-before: when, and why. */
      readonly rejection?: Rejection;
    };
