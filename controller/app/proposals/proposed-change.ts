/** What a proposal would do: a configuration, how it is brought to the nodes, and what is accepted. */
import { digestOf } from '../../../core/revision/digest.ts';
import type { ProposalPlan, StoredProposal } from '../../../schemas/generated/proposal.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import type { PushRequest } from '../push/prepare-revision.ts';

/** The consents and terms of a push or a rollout. */
export type ProposedTerms = Omit<ProposalPlan, 'kind'>;

/** What is stored beside the record of a proposal, because it may be large. */
export interface ProposalContent {
  readonly text: string;
  /** Absent: it is a push to all nodes at once. */
  readonly strategy?: RolloutStrategy;
}

/** Proposals of older controllers have none: they are pushes without further terms. */
export function planOf({ plan = { kind: 'push' } }: Pick<StoredProposal, 'plan'>): ProposalPlan {
  return plan;
}

/**
 * The digest of all that people approve. They approve a difference, so it has the base as well.
 */
export function wholeDigest(
  { text, strategy }: ProposalContent,
  proposal: Pick<StoredProposal, 'mediaType' | 'base' | 'plan'>,
): string {
  const { mediaType, base } = proposal;
  return digestOf({ text, strategy: strategy ?? null, mediaType, base, plan: planOf(proposal) });
}

/** The push, or the start of a rollout, that brings it to the nodes. */
export function requestOf(
  { text, mediaType }: Pick<ProposalContent, 'text'> & Pick<StoredProposal, 'mediaType'>,
  terms: ProposedTerms,
  by: string,
): PushRequest & { readonly supersede?: boolean } {
  return { ...terms, text, mediaType, by };
}
