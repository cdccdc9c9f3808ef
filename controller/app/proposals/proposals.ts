/**
 * Proposed changes: one person proposes, others approve, one applies. What is applied is exactly
 * what was approved, and for the revision that was the newest when it was proposed.
 */
import { AppError } from '../../../runtime/errors.ts';
import type {
  Approval,
  ProposalPlan,
  StoredProposal,
} from '../../../schemas/generated/proposal.ts';
import { isSamePerson } from '../access/person.ts';
import type { PushOutcome } from '../push/push.ts';
import type { StartOutcome } from '../push/start-rollout.ts';
import { countedApprovals, requireMayApprove, withApproval } from './approval-rules.ts';
import { bringToNodes, contentOf, requireWhole, type ApplyDeps } from './bring-to-nodes.ts';
import type { Found } from './proposal-checks.ts';
import { requireBase } from './proposal-base.ts';
import { oldestClosed } from './proposal-room.ts';
import { asItIs, viewOf, type ProposalView } from './proposal-state.ts';
import { planOf, type ProposalContent, type ProposedTerms } from './proposed-change.ts';
import {
  longestText,
  prepareNew,
  storeNew,
  type NewProposal,
  type StoreDeps,
} from './store-proposal.ts';

/** A person who decides, and how the controller knows who it is. */
export type Decider = Pick<Approval, 'by' | 'how' | 'issuedBy'>;

export interface Proposed extends Found {
  readonly proposal: ProposalView;
}

export interface MoreTerms {
  readonly terms: ProposedTerms;
  /** Absent: the message stays. */
  readonly message?: string;
}

export interface AppliedChange {
  readonly proposal: ProposalView;
  readonly outcome: PushOutcome | StartOutcome;
}

export interface Proposals {
  /** By id. */
  list(): readonly ProposalView[];
  /** @throws AppError not-found */
  get(id: number): ProposalView;
  /** Undefined: it is closed. */
  content(id: number): Promise<ProposalContent | undefined>;
  /**
   * @param replaces the id of one that is withdrawn in the same moment, if it is still open; it leaves its room
   * @throws AppError invalid-config, busy where there are too many, bad-request for one that waits
   */
  propose(proposal: NewProposal, replaces?: number): Promise<Proposed>;
  /** Stores nothing. @throws AppError as `propose` */
  tryOut(proposal: NewProposal, replaces?: number): Promise<void>;
  /**
   * Proposes the same for the revision that is the newest now, instead of it, with the terms that it
   * has and these ones. Nothing of its approvals stays.
   */
  proposeAgain(id: number, by: string, more?: MoreTerms): Promise<Proposed>;
  /** @throws AppError access-denied, base-changed, bad-request */
  approve(id: number, decider: Decider): Promise<ProposalView>;
  reject(id: number, by: string, reason?: string): Promise<ProposalView>;
  /** By the person who proposed it. @throws AppError access-denied */
  withdraw(id: number, by: string, reason?: string): Promise<ProposalView>;
  /** @throws AppError approval-missing, base-changed, and those of a push or a rollout */
  apply(id: number, by: string): Promise<AppliedChange>;
}

export type ProposalDeps = StoreDeps & ApplyDeps;

export function createProposals(deps: ProposalDeps): Proposals {
  const { records, rules, now } = deps;
  let last: Promise<unknown> = Promise.resolve();
  /** One change at a time, so that two people do not decide about the same state. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const view = (proposal: StoredProposal): ProposalView => viewOf(proposal, deps);
  const openOne = (id: number, what: string): StoredProposal => requireOpen(id, what, deps);
  const close = async (
    proposal: StoredProposal,
    state: StoredProposal['state'],
    closed: Omit<NonNullable<StoredProposal['closed']>, 'at'>,
  ): Promise<ProposalView> => view(await closeOne({ ...proposal, state }, closed, deps));
  const shortly = (reason: string | undefined): { readonly reason?: string } =>
    reason === undefined ? {} : { reason: reason.slice(0, longestText) };
  const stillOpen = (id: number | undefined): StoredProposal | undefined => {
    const known = id === undefined ? undefined : records.known().get(id);
    const found = known && asItIs(known, deps);
    return found?.state === 'open' ? found : undefined;
  };
  const propose = async (given: NewProposal, replaced?: StoredProposal): Promise<Proposed> => {
    const { proposal, found } = await storeNew(given, deps, replaced);
    return { proposal: view(proposal), ...found };
  };
  return {
    list: () => [...records.known().values()].toSorted((one, other) => one.id - other.id).map(view),
    get: (id) => view(proposalWith(id, deps)),
    content: records.content,
    propose: (given, replaces) => inTurn(() => propose(given, stillOpen(replaces))),
    tryOut: (given, replaces) =>
      inTurn(async () => void (await prepareNew(given, deps, stillOpen(replaces)))),
    proposeAgain: (id, by, more) =>
      inTurn(async () => {
        const old = openOne(id, 'propose again');
        const content = await contentOf(old, deps);
        const terms = joinTerms(planOf(old), more?.terms);
        const { mediaType, commit } = old;
        const message = more?.message ?? old.message;
        // The one who proposed it first still cannot approve it.
        const author = old.author ?? (rules.isSame(old.by, by) ? undefined : old.by);
        const about = { ...(message && { message }), ...(author && { author }) };
        const given = { ...content, ...about, mediaType, by, terms, ...(commit && { commit }) };
        return propose(given, old);
      }),
    approve: (id, decider) =>
      inTurn(async () => {
        const proposal = openOne(id, 'approve');
        requireBase(proposal, deps);
        requireMayApprove(decider, proposal, rules);
        const counted = countedApprovals(proposal, rules);
        if (counted.some(({ by }) => rules.isSame(by, decider.by))) return view(proposal);
        requireWhole(proposal, await contentOf(proposal, deps));
        const approvals = withApproval(proposal, approvalBy(decider, proposal, now()), rules);
        const next = { ...proposal, approvals };
        await records.save(next);
        return view(next);
      }),
    reject: (id, by, reason) =>
      inTurn(() => close(openOne(id, 'reject'), 'rejected', { by, ...shortly(reason) })),
    withdraw: (id, by, reason) =>
      inTurn(async () => {
        const proposal = openOne(id, 'withdraw');
        if (!isSamePerson(proposal.by, by)) throw notOwn(proposal);
        return close(proposal, 'withdrawn', { by, ...shortly(reason) });
      }),
    apply: (id, by) =>
      inTurn(async () => {
        const proposal = openOne(id, 'apply');
        const outcome = await bringToNodes(proposal, by, deps);
        const { number: revision } = outcome.revision;
        return { proposal: await close(proposal, 'applied', { by, revision }), outcome };
      }),
  };
}

/** Nodes that are named in both ways count together, and else what is new. */
function joinTerms(
  { kind: _kind, ...before }: ProposalPlan,
  more: ProposedTerms = {},
): ProposedTerms {
  const despite = [...new Set([...(before.despite ?? []), ...(more.despite ?? [])])];
  return { ...before, ...more, ...(despite.length > 0 && { despite }) };
}

/** @throws AppError not-found */
function proposalWith(id: number, deps: ProposalDeps): StoredProposal {
  const proposal = deps.records.known().get(id);
  if (proposal !== undefined) return asItIs(proposal, deps);
  throw new AppError(
    'not-found',
    `there is no proposal ${String(id)}; calico-controller proposals lists them`,
  );
}

/** @throws AppError not-found, bad-request */
function requireOpen(id: number, what: string, deps: ProposalDeps): StoredProposal {
  deps.fleet.requireKnown(`${what} the proposal`);
  const proposal = proposalWith(id, deps);
  if (proposal.state === 'open') return proposal;
  throw new AppError(
    'bad-request',
    `cannot ${what} proposal ${String(id)}: it is ${proposal.state}`,
  );
}

async function closeOne(
  proposal: StoredProposal,
  closed: Omit<NonNullable<StoredProposal['closed']>, 'at'>,
  { records, checks, now }: Pick<ProposalDeps, 'records' | 'checks' | 'now'>,
): Promise<StoredProposal> {
  const next = { ...proposal, closed: { ...closed, at: now() } };
  await records.close(next, oldestClosed(records.known()));
  checks.forget(next.id);
  return next;
}

function approvalBy(decider: Decider, { whole }: StoredProposal, at: string): Approval {
  const { by, how, issuedBy } = decider;
  return {
    by: by.slice(0, 256),
    at,
    ...(how !== undefined && { how: how.slice(0, 100) }),
    ...(issuedBy !== undefined && { issuedBy: issuedBy.slice(0, 256) }),
    ...(whole !== undefined && { whole }),
  };
}

function notOwn({ id, by }: StoredProposal): AppError {
  return new AppError(
    'access-denied',
    `cannot withdraw proposal ${String(id)}: ${by} made it; a person with the role approve can reject it`,
  );
}
