import type { Issue } from '../../../core/issue.ts';
import type {
  Rejection,
  Revision,
  RevisionRef,
  SourceKind,
} from '../../../core/revision/revision.ts';
import type { EventActor } from '../../../schemas/generated/logged-event.ts';
import type { Stage } from '../status/signals.ts';

/** A configuration that an entrance brings. */
export interface Offer {
  readonly source: SourceKind;
  readonly lineage: string;
  /** Absent: the next one of the lineage, or that of the last where the digest is the same. */
  readonly number?: number;
  /** As the sender computed it; compared with our own. */
  readonly digest?: string;
  readonly mediaType: Revision['mediaType'];
  readonly text: string;
  readonly by: string;
  /** Who asked, where more of it is known than `by` and the source say. */
  readonly client?: EventActor;
  /** Lets this source change an agent that another one has changed so far. */
  readonly takeOver?: boolean;
  /** Applies a digest again that was rejected. */
  readonly retry?: boolean;
  /** It is rolled back after so many seconds unless a person confirms it; absent: this node's health decides. */
  readonly confirmSeconds?: number;
  /** No guard routes stand while this node applies it. */
  readonly noGuard?: boolean;
  /** Takes the loss of traffic that guard routes do not cover. */
  readonly acceptLoss?: boolean;
}

export type OfferOutcome =
  | {
      /** already: this digest and number were accepted before; nothing was started anew. */
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
