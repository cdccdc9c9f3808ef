/** The state of a proposal as it is now, and how people see it. */
import type { ProposalPlan, StoredProposal } from '../../../schemas/generated/proposal.ts';
import { judgeApprovals, type ApprovalRules, type JudgedApproval } from './approval-rules.ts';
import { baseOf, isBase, type BaseDeps } from './proposal-base.ts';
import { planOf } from './proposed-change.ts';

export interface ProposalView extends Omit<StoredProposal, 'formatVersion' | 'plan' | 'approvals'> {
  readonly approvals: readonly JudgedApproval[];
  readonly plan: ProposalPlan;
  /** Approvals that it needs before it can be applied. */
  readonly required: number;
  /** Approvals that count. */
  readonly counted: number;
  /** Another configuration is the newest one by now: it has to be proposed again. */
  readonly outdated?: true;
  /** When it expires; absent: it is closed. */
  readonly expiresAt?: string;
}

export interface StateDeps extends BaseDeps {
  readonly rules: ApprovalRules;
  /** RFC 3339. */
  readonly now: () => string;
}

const dayMs = 86_400_000;
const usualDays = 14;

/**
 * As it is now. An open one that is the newest revision is applied: the controller ended before it
 * could close it. One that is too old has expired.
 */
export function asItIs(proposal: StoredProposal, deps: StateDeps): StoredProposal {
  if (proposal.state !== 'open') return proposal;
  const newest = deps.fleet.revision();
  const isIt = newest?.digest === proposal.digest && baseOf(deps).number > proposal.base.number;
  if (isIt) {
    const { by, acceptedAt: at, number: revision } = newest;
    return { ...proposal, state: 'applied', closed: { by, at, revision } };
  }
  const expiresAt = expiryOf(proposal, deps);
  if (Date.parse(deps.now()) < Date.parse(expiresAt)) return proposal;
  return {
    ...proposal,
    state: 'expired',
    closed: { by: 'the controller', at: expiresAt, reason: 'nobody decided about it in time' },
  };
}

export function viewOf(proposal: StoredProposal, deps: StateDeps): ProposalView {
  const now = asItIs(proposal, deps);
  const { formatVersion: _version, ...shown } = now;
  const isOpen = now.state === 'open';
  const approvals = judgeApprovals(now, deps.rules);
  return {
    ...shown,
    plan: planOf(now),
    required: deps.rules.settings.required,
    approvals,
    counted: approvals.filter(({ against }) => against === undefined).length,
    ...(isOpen && { expiresAt: expiryOf(now, deps) }),
    ...(isOpen && !isBase(now.base, deps) && { outdated: true }),
  };
}

function expiryOf({ at }: StoredProposal, { rules: { settings } }: StateDeps): string {
  const { expireDays = usualDays } = settings;
  return new Date(Date.parse(at) + expireDays * dayMs).toISOString();
}
