/** What the audit log says about a proposal. */
import type { Details } from '../audit/audit-trail.ts';
import type { ProposalView } from './proposal-state.ts';

/** @param author as the commit says, bounded as in proposals */
export function commitDetails({
  commit,
  author,
}: {
  readonly commit?: string | undefined;
  readonly author?: string | undefined;
}): Details {
  return {
    ...(commit !== undefined && { commit: commit.slice(0, 64) }),
    ...(author !== undefined && { author: author.slice(0, 256) }),
  };
}

export function proposalDetails(proposal: ProposalView): Details {
  const { id, by, digest, whole, plan } = proposal;
  return {
    ...{ proposal: id, proposedBy: by, kind: plan.kind, digest },
    ...commitDetails(proposal),
    ...(whole !== undefined && { whole }),
  };
}
