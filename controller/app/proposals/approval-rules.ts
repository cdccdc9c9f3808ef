/** Whose approvals count. */
import { AppError } from '../../../runtime/errors.ts';
import type { Approval, StoredProposal } from '../../../schemas/generated/proposal.ts';
import type { KnownBy, LostRight } from '../access/lost-right.ts';
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
  /** Why the person could not approve it any more. Absent: nothing is known against anybody. */
  readonly lostRight?: (approver: KnownBy) => LostRight | undefined;
}

type Approver = Pick<Approval, 'by' | 'how' | 'issuedBy'>;
type About = Pick<StoredProposal, 'by' | 'author' | 'state'>;

/** Why the approval of a person does not count. */
type Against = 'proposer' | 'author' | 'maker' | 'unknown-maker' | LostRight;

/** Undefined: it counts. */
function reasonAgainst(
  approver: Approver,
  { by: proposer, author, state }: About,
  { settings: { byAnother }, isSame, lostRight }: ApprovalRules,
): Against | undefined {
  const { by, issuedBy } = approver;
  // What was applied had the approvals that it needed then.
  const lost = state === 'open' ? lostRight?.(approver) : undefined;
  if (lost !== undefined || !byAnother) return lost;
  if (isSame(proposer, by)) return 'proposer';
  if (author !== undefined && mayBeAuthor(by, author, isSame)) return 'author';
  if (issuedBy === undefined) return undefined;
  // The proposer could have made a token with the name of another person.
  if (issuedBy === 'unknown') return 'unknown-maker';
  return isSame(proposer, issuedBy) ? 'maker' : undefined;
}

/** As the person reads it who cannot approve it. */
function refusalText(against: Against, { by, issuedBy = '' }: Approver, author: string): string {
  const otherWay = `the token "${by}" with which you come; use a certificate, or a token that another person has made (calico-controller access create)`;
  const texts: Readonly<Record<Against, string>> = {
    proposer: 'you made it, and another person has to approve it',
    author: `its commit is by ${author}, and another person has to approve it`,
    maker: `${issuedBy}, who proposed it, made ${otherWay}`,
    'unknown-maker': `nobody knows who made ${otherWay}`,
    'token-revoked': 'your token is revoked',
    'role-lost': 'you have the role approve no more',
  };
  return texts[against];
}

const shownReasons: Readonly<Record<Against | 'other' | 'twice', string>> = {
  proposer: 'the same person proposed it',
  author: 'its commit is by the same person',
  maker: 'the proposer made the token',
  'unknown-maker': 'nobody knows who made the token',
  'token-revoked': 'the token is revoked',
  'role-lost': 'the person has the role approve no more',
  other: 'it is of what the proposal was before',
  twice: 'another one of the same person counts',
};

/** An approval, and why it does not count. */
export interface JudgedApproval extends Approval {
  /** Absent: it counts. */
  readonly against?: string;
}

type Judged = About & Pick<StoredProposal, 'approvals' | 'whole'>;

/**
 * Which approvals count, at most one of a person: also of those that were given before the settings
 * became stricter.
 */
export function judgeApprovals(proposal: Judged, rules: ApprovalRules): readonly JudgedApproval[] {
  const counted: Approval[] = [];
  return proposal.approvals.map((approval) => {
    const reason =
      reasonAgainst(approval, proposal, rules) ??
      (approval.whole === proposal.whole ? undefined : 'other') ??
      (counted.some((one) => rules.isSame(one.by, approval.by)) ? 'twice' : undefined);
    if (reason !== undefined) return { ...approval, against: shownReasons[reason] };
    counted.push(approval);
    return approval;
  });
}

/** The approvals that count. */
export function countedApprovals(proposal: Judged, rules: ApprovalRules): readonly Approval[] {
  return judgeApprovals(proposal, rules).filter(({ against }) => against === undefined);
}

/** The bound of the schema of a stored proposal. */
const mostApprovals = 20;

/**
 * The approvals with one more, which takes the place of the same person's that does not count.
 * Others that do not count make room. @throws AppError bad-request where there is no room
 */
export function withApproval(
  proposal: StoredProposal,
  approval: Approval,
  rules: ApprovalRules,
): Approval[] {
  const others = proposal.approvals.filter(({ by }) => !rules.isSame(by, approval.by));
  if (others.length < mostApprovals) return [...others, approval];
  const counted = countedApprovals({ ...proposal, approvals: others }, rules);
  if (counted.length < mostApprovals) return [...counted, approval];
  throw new AppError(
    'bad-request',
    `cannot approve proposal ${String(proposal.id)}: it has ${String(counted.length)} approvals, and needs ${String(rules.settings.required)}: calico-controller apply ${String(proposal.id)}`,
  );
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
  const against = reasonAgainst(approver, proposal, rules);
  if (against === undefined) return;
  const reason = refusalText(against, approver, proposal.author ?? 'somebody');
  throw new AppError('access-denied', `cannot approve proposal ${String(proposal.id)}: ${reason}`);
}
