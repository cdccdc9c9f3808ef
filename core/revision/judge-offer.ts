/**
 * Judges an offer by the rules of sources and lineages. A revision's number counts within its
 * lineage; a rejected digest stays rejected until somebody asks for a retry.
 */
import { maxFirst, maxLeap } from './number-leap.ts';
import type { Rejection, RevisionRef, SourceKind } from './revision.ts';

export interface OfferedRevision {
  readonly source: SourceKind;
  readonly lineage: string;
  /**
   * Absent: the next number of the lineage, or that of its last revision if the digest is the same.
   */
  readonly number?: number;
  /** The agent's own digest. */
  readonly digest: string;
  /** The sender's digest. */
  readonly claimedDigest?: string;
  readonly takeOver: boolean;
  readonly retry: boolean;
}

export interface OfferContext {
  /** The source in agent.yaml; if it is set, no other can take over. */
  readonly configuredSource?: SourceKind;
  /** The source that changed the agent last. */
  readonly takenBy?: SourceKind;
  readonly accepted?: RevisionRef;
  /** The newest accepted of every lineage. */
  readonly lineages: readonly RevisionRef[];
  /**
   * The revision in the writer record. An agent that lost its state continues above its number, if
   * the numbers of the lineage can be compared; each Juju unit has its own numbers.
   */
  readonly recorded?: RevisionRef;
  readonly rejected: readonly Rejection[];
}

export type RefusalCode =
  | 'digest-differs'
  | 'source-not-permitted'
  | 'older-number'
  | 'number-reused'
  | 'number-too-high'
  | 'rejected-before';

export type Verdict =
  | { readonly verdict: 'accept' | 'already'; readonly revision: RevisionRef }
  | {
      readonly verdict: 'refuse';
      readonly code: RefusalCode;
      readonly message: string;
      /** With the code rejected-before. */
      readonly rejection?: Rejection;
    };

export function judgeOffer(offer: OfferedRevision, standing: OfferContext): Verdict {
  return (
    judgeDigest(offer) ??
    judgeSource(offer, standing) ??
    judgeNumber(offer, standing) ??
    judgeContent(offer, standing)
  );
}

function judgeDigest({ claimedDigest, digest }: OfferedRevision): Verdict | undefined {
  if (claimedDigest === undefined || claimedDigest === digest) return undefined;
  return refuse(
    'digest-differs',
    `the sender's digest is ${claimedDigest}, ours of the same text ${digest}`,
  );
}

function judgeSource(offer: OfferedRevision, standing: OfferContext): Verdict | undefined {
  const { configuredSource, takenBy } = standing;
  if (configuredSource !== undefined) {
    if (offer.source === configuredSource) return undefined;
    return refuse(
      'source-not-permitted',
      `agent.yaml says that only the source "${configuredSource}" may change this agent, and this is "${offer.source}"`,
    );
  }
  if (takenBy === undefined || takenBy === offer.source || offer.takeOver) return undefined;
  return refuse(
    'source-not-permitted',
    `the source "${takenBy}" changes this agent, and this is "${offer.source}"; take over to change that`,
  );
}

function judgeNumber(offer: OfferedRevision, standing: OfferContext): Verdict | undefined {
  const last = lastOf(offer, standing);
  if (offer.number === undefined) return undefined;
  const highest = last === undefined ? maxFirst : last.number + maxLeap;
  if (offer.number > highest) {
    return refuse(
      'number-too-high',
      `its number ${String(offer.number)} cannot be: the last of "${offer.lineage}" was ${String(last?.number ?? 0)}, and numbers go up by one`,
    );
  }
  if (last === undefined) return undefined;
  if (offer.number < last.number) {
    return refuse(
      'older-number',
      `its number is ${String(offer.number)}, and ${String(last.number)} of "${offer.lineage}" was accepted before; where that was not the rightful sender's, apply --take-over on this node forgets it`,
    );
  }
  if (offer.number > last.number || offer.digest === last.digest) return undefined;
  return refuse(
    'number-reused',
    `number ${String(offer.number)} of "${offer.lineage}" was accepted before with another content (${last.digest})`,
  );
}

function judgeContent(offer: OfferedRevision, standing: OfferContext): Verdict {
  const rejection = standing.rejected.find(({ digest }) => digest === offer.digest);
  if (rejection !== undefined && !offer.retry) {
    const reason = `this content was rejected at ${rejection.at}: ${rejection.reason}; change it, or apply it with --retry`;
    return { ...refuse('rejected-before', reason), rejection };
  }
  const { lineage, digest } = offer;
  const revision = { lineage, number: offer.number ?? nextNumber(offer, standing), digest };
  const isAccepted = standing.accepted !== undefined && sameRevision(standing.accepted, revision);
  return { verdict: isAccepted && rejection === undefined ? 'already' : 'accept', revision };
}

function nextNumber(offer: OfferedRevision, standing: OfferContext): number {
  const last = newer(lastOf(offer, standing), recordedIn(offer, standing));
  if (last === undefined) return 1;
  return last.digest === offer.digest ? last.number : last.number + 1;
}

function lastOf(offer: OfferedRevision, standing: OfferContext): RevisionRef | undefined {
  return standing.lineages.find(({ lineage }) => lineage === offer.lineage);
}

function recordedIn(
  offer: OfferedRevision,
  { recorded: noted }: OfferContext,
): RevisionRef | undefined {
  return noted?.lineage === offer.lineage && offer.source !== 'juju' ? noted : undefined;
}

function newer(
  one: RevisionRef | undefined,
  other: RevisionRef | undefined,
): RevisionRef | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.number > one.number ? other : one;
}

function refuse(
  code: RefusalCode,
  reason: string,
): Extract<Verdict, { readonly verdict: 'refuse' }> {
  return { verdict: 'refuse', code, message: `cannot accept the configuration: ${reason}` };
}

export function sameRevision(a: RevisionRef, b: RevisionRef): boolean {
  return a.lineage === b.lineage && a.number === b.number && a.digest === b.digest;
}
