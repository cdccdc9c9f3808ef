/**
 * Proposed configurations: one person proposes, others approve, one applies. A proposal counts for
 * the revision that was the newest when it was made; once there is another one, it can neither be
 * approved nor applied.
 */
import { hasErrors, type Issue } from '../../../core/issue.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { StoredProposal } from '../../../schemas/generated/proposal.ts';
import type { ConfigChecker } from '../../ports/config-checker.ts';
import { isSamePerson } from '../access/person.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Push, PushOutcome } from '../push/push.ts';
import { checkDespiteOddNodes } from '../push/odd-nodes.ts';
import type { ProposalRecords } from './proposal-records.ts';
import { refuseSame, requireRoom, sameBase } from './proposal-room.ts';

/** What a configuration needs before it may go to the nodes. */
export interface ApprovalSettings {
  readonly required: number;
  /** An approval by the person who proposed it does not count. */
  readonly byAnother: boolean;
}

export interface ProposalView extends Omit<StoredProposal, 'formatVersion'> {
  /** Approvals that it needs before it can be applied. */
  readonly required: number;
  /** Another configuration is the newest one by now: it has to be proposed again. */
  readonly outdated?: true;
}

export interface NewProposal {
  readonly text: string;
  readonly mediaType: StoredProposal['mediaType'];
  readonly by: string;
  readonly message?: string;
}

export interface Proposals {
  /** By id. */
  list(): readonly ProposalView[];
  /** @throws AppError not-found */
  get(id: number): ProposalView;
  /** Undefined: it is closed. */
  text(id: number): Promise<string | undefined>;
  /** @throws AppError invalid-config, busy where there are too many, bad-request for one that waits */
  propose(
    proposal: NewProposal,
  ): Promise<{ readonly proposal: ProposalView; readonly issues: readonly Issue[] }>;
  /** @throws AppError access-denied, base-changed, bad-request */
  approve(id: number, by: string): Promise<ProposalView>;
  reject(id: number, by: string, reason?: string): Promise<ProposalView>;
  /** By the person who proposed it. @throws AppError access-denied */
  withdraw(id: number, by: string): Promise<ProposalView>;
  /** @throws AppError approval-missing, base-changed, and those of a push */
  apply(
    id: number,
    by: string,
    confirmSeconds?: number,
  ): Promise<{ readonly proposal: ProposalView; readonly outcome: PushOutcome }>;
}

export interface ProposalDeps {
  readonly records: ProposalRecords;
  readonly fleet: Fleet;
  readonly checker: Pick<ConfigChecker, 'check'>;
  readonly push: Push;
  readonly approvals: ApprovalSettings;
  /** RFC 3339. */
  readonly now: () => string;
}

const keptClosed = 100;
const longestText = 1000;

export function createProposals(deps: ProposalDeps): Proposals {
  const { records, fleet, push, approvals, now } = deps;
  let last: Promise<unknown> = Promise.resolve();
  /** One change at a time, so that two people do not decide about the same state. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const view = (proposal: StoredProposal): ProposalView => viewOf(proposal, fleet, approvals);
  const get = (id: number): StoredProposal => proposalWith(id, deps);
  const openOne = (id: number, what: string): StoredProposal => requireOpen(id, what, deps);
  const close = async (
    proposal: StoredProposal,
    state: StoredProposal['state'],
    closed: Omit<NonNullable<StoredProposal['closed']>, 'at'>,
  ): Promise<ProposalView> => {
    const next = { ...proposal, state, closed: { ...closed, at: now() } };
    await records.close(next, oldestClosed(records.known()));
    return view(next);
  };
  return {
    list: () =>
      [...records.known().values()]
        .toSorted((one, other) => one.id - other.id)
        .map((one) => view(asApplied(one, fleet))),
    get: (id) => view(get(id)),
    text: records.text,
    propose: (given) =>
      inTurn(async () => {
        const { proposal, issues } = await storeNew(given, deps);
        return { proposal: view(proposal), issues };
      }),
    approve: (id, by) =>
      inTurn(async () => {
        const proposal = openOne(id, 'approve');
        requireBase(proposal, fleet);
        if (approvals.byAnother && isSamePerson(proposal.by, by)) throw ownProposal(id);
        if (proposal.approvals.some((one) => isSamePerson(one.by, by))) return view(proposal);
        const next = {
          ...proposal,
          approvals: [...proposal.approvals, { by: by.slice(0, 256), at: now() }],
        };
        await records.save(next);
        return view(next);
      }),
    reject: (id, by, reason) =>
      inTurn(() =>
        close(openOne(id, 'reject'), 'rejected', {
          by,
          ...(reason !== undefined && { reason: reason.slice(0, longestText) }),
        }),
      ),
    withdraw: (id, by) =>
      inTurn(async () => {
        const proposal = openOne(id, 'withdraw');
        if (!isSamePerson(proposal.by, by)) throw notOwn(proposal);
        return close(proposal, 'withdrawn', { by });
      }),
    apply: (id, by, confirmSeconds) =>
      inTurn(async () => {
        const proposal = openOne(id, 'apply');
        requireBase(proposal, fleet);
        requireApprovals(proposal, approvals);
        const text = await records.text(id);
        if (text === undefined) throw unreadable(id);
        const outcome = await push({
          mediaType: proposal.mediaType,
          text,
          by: appliedBy(proposal, by),
          requireBase: () => requireBase(proposal, fleet),
          ...(confirmSeconds !== undefined && { confirmSeconds }),
        });
        const { number: revision } = outcome.revision;
        return { proposal: await close(proposal, 'applied', { by, revision }), outcome };
      }),
  };
}

/** @throws AppError not-found */
function proposalWith(id: number, { records, fleet }: ProposalDeps): StoredProposal {
  const proposal = records.known().get(id);
  if (proposal !== undefined) return asApplied(proposal, fleet);
  throw new AppError(
    'not-found',
    `there is no proposal ${String(id)}; calico-controller proposals lists them`,
  );
}

async function storeNew(
  given: NewProposal,
  deps: ProposalDeps,
): Promise<{ readonly proposal: StoredProposal; readonly issues: readonly Issue[] }> {
  const { fleet, records } = deps;
  fleet.requireKnown('propose the configuration');
  const open = openOnes(deps);
  requireRoom(open, given);
  const { digest, issues } = await checkProposed(given.text, deps);
  refuseSame(open, { digest, base: baseOf(fleet) });
  const proposal = newProposal(given, digest, deps);
  await records.save(proposal, given.text);
  return { proposal, issues };
}

/** Without those that the fleet shows to be applied. */
function openOnes({ records, fleet }: ProposalDeps): readonly StoredProposal[] {
  return [...records.known().values()]
    .map((one) => asApplied(one, fleet))
    .filter(({ state }) => state === 'open');
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

function newProposal(
  { by, message, mediaType, text }: NewProposal,
  digest: string,
  { records, fleet, now }: ProposalDeps,
): StoredProposal {
  return {
    formatVersion: 1,
    id: Math.max(0, ...records.known().keys()) + 1,
    state: 'open',
    by: by.slice(0, 256),
    at: now(),
    ...(message !== undefined && { message: message.slice(0, longestText) }),
    mediaType,
    digest,
    bytes: Buffer.byteLength(text),
    base: baseOf(fleet),
    approvals: [],
  };
}

/**
 * An open one that is the newest revision: the controller ended after it had applied it, and before
 * it could close it.
 */
function asApplied(proposal: StoredProposal, fleet: Fleet): StoredProposal {
  const newest = fleet.revision();
  const isIt = newest?.digest === proposal.digest && newest.number > proposal.base.number;
  if (proposal.state !== 'open' || !isIt) return proposal;
  const { by, acceptedAt: at, number: revision } = newest;
  return { ...proposal, state: 'applied', closed: { by, at, revision } };
}

async function checkProposed(
  text: string,
  { fleet, checker }: Pick<ProposalDeps, 'fleet' | 'checker'>,
): Promise<{ readonly digest: string; readonly issues: readonly Issue[] }> {
  const checked = await checkDespiteOddNodes(fleet.records(), (nodes) =>
    checker.check(text, nodes, { isUrgent: true }),
  );
  const { issues } = checked;
  if (checked.ok && !hasErrors(issues)) return { digest: checked.digest, issues };
  const message = 'cannot propose the configuration: it has errors';
  throw new AppError('invalid-config', message, { issues });
}

function viewOf(
  { formatVersion: _version, ...proposal }: StoredProposal,
  fleet: Fleet,
  { required }: ApprovalSettings,
): ProposalView {
  const isOutdated = proposal.state === 'open' && !isBase(proposal.base, fleet);
  return { ...proposal, required, ...(isOutdated && { outdated: true }) };
}

function baseOf(fleet: Pick<Fleet, 'revision' | 'lastNumber'>): StoredProposal['base'] {
  const newest = fleet.revision();
  return {
    number: fleet.lastNumber(),
    ...(newest !== undefined && { digest: newest.digest }),
    ...(newest?.decided === 'rolled-back' && { rolledBack: true as const }),
  };
}

function isBase(base: StoredProposal['base'], fleet: Fleet): boolean {
  return sameBase(baseOf(fleet), base);
}

/** @throws AppError base-changed */
function requireBase({ id, base }: StoredProposal, fleet: Fleet): void {
  if (isBase(base, fleet)) return;
  const { number, rolledBack } = baseOf(fleet);
  const before =
    base.number === 0 ? 'before the first revision' : `for revision ${String(base.number)}`;
  const state = rolledBack === true ? ', which was rolled back' : '';
  throw new AppError(
    'base-changed',
    `proposal ${String(id)} was made ${before}, and the newest is revision ${String(number)}${state} now; compare them, and propose it again: calico-controller propose FILE`,
  );
}

/** @throws AppError approval-missing */
function requireApprovals(proposal: StoredProposal, settings: ApprovalSettings): void {
  const { id, by, approvals } = proposal;
  // Also those that were given before the settings became stricter.
  const counted = approvals.filter((one) => !settings.byAnother || !isSamePerson(one.by, by));
  const missing = settings.required - counted.length;
  if (missing <= 0) return;
  const many = missing === 1 ? 'one more approval' : `${String(missing)} more approvals`;
  const whose = settings.byAnother ? ` by a person other than ${by}` : '';
  throw new AppError(
    'approval-missing',
    `cannot apply proposal ${String(id)}: it needs ${many}${whose}: calico-controller approve ${String(id)}`,
  );
}

function notOwn({ id, by }: StoredProposal): AppError {
  return new AppError(
    'access-denied',
    `cannot withdraw proposal ${String(id)}: ${by} made it; a person with the role approve can reject it`,
  );
}

function unreadable(id: number): AppError {
  const message = `the text of proposal ${String(id)} cannot be read; propose it again`;
  return new AppError('corrupt-file', message);
}

function ownProposal(id: number): AppError {
  return new AppError(
    'access-denied',
    `cannot approve proposal ${String(id)}: you made it, and another person has to approve it`,
  );
}

/** Closed ones beyond those that are kept. The newest id stays, so that none comes again. */
function oldestClosed(known: ReadonlyMap<number, StoredProposal>): readonly number[] {
  const closed = [...known.values()]
    .filter(({ state }) => state !== 'open')
    .map(({ id }) => id)
    .toSorted((one, other) => other - one);
  return closed.slice(keptClosed);
}

function appliedBy({ id, by, approvals }: StoredProposal, applier: string): string {
  const approvers = approvals.map((one) => one.by).join(', ');
  const approved = approvers === '' ? '' : `, approved by ${approvers}`;
  return `${applier} (proposal ${String(id)} by ${by}${approved})`.slice(0, 256);
}
