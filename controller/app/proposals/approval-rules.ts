/** Whose approvals count. */
import { AppError } from '../../../runtime/errors.ts';
import type { Approval, StoredProposal } from '../../../schemas/generated/proposal.ts';
import { mayBeAuthor, type SamePerson } from '../access/same-person.ts';

/** What a configuration needs before it may go to the nodes. */
export interface ApprovalSettings {
  readonly required: number;
  /** An approval by the person who proposed it, or by its author, does not count. */
  readonly byAnother: boolean;
  /** Days after which a proposal expires. Default: 14. */
  readonly expireDays?: number;
}

export interface ApprovalRules {
  readonly settings: ApprovalSettings;
  readonly isSame: SamePerson;
}

type Approver = Pick<Approval, 'by' | 'issuedBy'>;

/** Why the approval of this person does not count; undefined: it counts. */
function reasonAgainst(
  { by, issuedBy }: Approver,
  proposal: Pick<StoredProposal, 'by' | 'author'>,
  { settings: { byAnother }, isSame }: ApprovalRules,
): string | undefined {
  if (!byAnother) return undefined;
  if (isSame(proposal.by, by)) return 'you made it, and another person has to approve it';
  const { author } = proposal;
  if (author !== undefined && mayBeAuthor(by, author, isSame)) {
    return `its commit is by ${author}, and another person has to approve it`;
  }
  if (issuedBy === undefined) return undefined;
  // The proposer could have made a token with the name of another person.
  const isOwnToken = isSame(proposal.by, issuedBy) || issuedBy === 'unknown';
  if (!isOwnToken) return undefined;
  const maker =
    issuedBy === 'unknown' ? 'nobody knows who made' : `${issuedBy}, who proposed it, made`;
  return `${maker} the token "${by}" with which you come; use a certificate, or a token that another person has made (calico-controller access create)`;
}

/**
 * The approvals that count, at most one of a person: also of those that were given before the
 * settings became stricter.
 */
export function countedApprovals(
  { approvals, ...proposal }: Pick<StoredProposal, 'approvals' | 'by' | 'author' | 'whole'>,
  rules: ApprovalRules,
): readonly Approval[] {
  const counted: Approval[] = [];
  for (const approval of approvals) {
    const isOfThis = approval.whole === proposal.whole;
    const isKnown = counted.some((one) => rules.isSame(one.by, approval.by));
    if (!isOfThis || isKnown || reasonAgainst(approval, proposal, rules) !== undefined) continue;
    counted.push(approval);
  }
  return counted;
}

/** @throws AppError approval-missing */
export function requireApprovals(proposal: StoredProposal, rules: ApprovalRules): void {
  const { id, by, author } = proposal;
  const { required, byAnother } = rules.settings;
  const missing = required - countedApprovals(proposal, rules).length;
  if (missing <= 0) return;
  const many = missing === 1 ? 'one more approval' : `${String(missing)} more approvals`;
  const writer = author === undefined ? '' : ` and ${author}`;
  const whose = byAnother ? ` by a person other than ${by}${writer}` : '';
  throw new AppError(
    'approval-missing',
    `cannot apply proposal ${String(id)}: it needs ${many}${whose}: calico-controller approve ${String(id)}`,
  );
}

/** @throws AppError access-denied */
export function requireMayApprove(
  approver: Approver,
  proposal: StoredProposal,
  rules: ApprovalRules,
): void {
  const reason = reasonAgainst(approver, proposal, rules);
  if (reason === undefined) return;
  throw new AppError('access-denied', `cannot approve proposal ${String(proposal.id)}: ${reason}`);
}
