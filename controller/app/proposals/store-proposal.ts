/** Checks what a person proposes, and stores it. */
import type { Issue } from '../../../core/issue.ts';
import { barrierText } from '../../../core/rollout/barrier.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { ProposalPlan, StoredProposal } from '../../../schemas/generated/proposal.ts';
import type { ConfigChecker } from '../../ports/config-checker.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { BarrierDeps } from '../push/needs-barrier.ts';
import { prepareRevision, type PrepareDeps } from '../push/prepare-revision.ts';
import { planStart, proposeWords, requireStrategy } from '../push/check-start.ts';
import { isRunning } from '../rollout/refuse-while-running.ts';
import { baseOf } from './proposal-base.ts';
import type { Found, ProposalChecks } from './proposal-checks.ts';
import type { ProposalRecords } from './proposal-records.ts';
import { oldestClosed, refuseSame, requireRoom } from './proposal-room.ts';
import { asItIs, type StateDeps } from './proposal-state.ts';
import {
  requestOf,
  wholeDigest,
  type ProposalContent,
  type ProposedTerms,
} from './proposed-change.ts';

export interface NewProposal extends ProposalContent {
  readonly mediaType: StoredProposal['mediaType'];
  readonly by: string;
  readonly message?: string;
  /** The author of the commit, if the content is from one. */
  readonly author?: string;
  readonly commit?: string;
  readonly terms?: ProposedTerms;
}

export interface StoreDeps extends StateDeps, PrepareDeps {
  readonly checker: Pick<ConfigChecker, 'check' | 'preview'>;
  readonly records: ProposalRecords;
  readonly store: BarrierDeps['store'];
  readonly fleet: Fleet;
  readonly now: () => string;
  readonly checks: Pick<ProposalChecks, 'keep' | 'forget'>;
}

export const longestText = 1000;

export interface Proposable {
  readonly proposal: StoredProposal;
  readonly found: Found;
}

/**
 * @param replaced an open one, which is withdrawn in the same moment
 * @throws AppError invalid-config, busy, bad-request, and others of a push
 */
export async function storeNew(
  given: NewProposal,
  deps: StoreDeps,
  replaced?: StoredProposal,
): Promise<Proposable> {
  const { records, checks, now } = deps;
  const checked = await prepareNew(given, deps, replaced);
  const { proposal, found } = checked;
  const { text, strategy, by } = given;
  const content = { text, ...(strategy !== undefined && { strategy }) };
  if (replaced === undefined) {
    await records.save(proposal, content);
  } else {
    const id = String(proposal.id);
    const isSame = replaced.digest === proposal.digest;
    const reason = isSame ? `proposed again as ${id}` : `proposal ${id} is newer`;
    const closed = { ...replaced, state: 'withdrawn', closed: { by, at: now(), reason } } as const;
    await records.replace(closed, proposal, content, oldestClosed(records.known()));
    checks.forget(replaced.id);
  }
  checks.keep(proposal.id, found);
  return checked;
}

/**
 * What would be stored. @param replaced an open one that leaves its room
 * @throws AppError as `storeNew`
 */
export async function prepareNew(
  given: NewProposal,
  deps: StoreDeps,
  replaced?: StoredProposal,
): Promise<Proposable> {
  const { fleet, records } = deps;
  fleet.requireKnown('propose the configuration');
  await storeEnds(deps);
  const open = [...records.known().values()].filter(({ state }) => state === 'open');
  const others = open.filter(({ id }) => id !== replaced?.id);
  requireRoom(others, { by: given.by, bytes: bytesOf(given) });
  const { strategy, text } = given;
  const { confirmSeconds, acceptLoss } = given.terms ?? {};
  const terms = { ...(confirmSeconds && { confirmSeconds }), ...(acceptLoss && { acceptLoss }) };
  if (strategy !== undefined) requireStrategy({ strategy, ...terms }, proposeWords);
  const { digest, issues } = await checkProposed(given, deps);
  const planned = strategy && (await planStart({ text, strategy, ...terms }, deps, proposeWords));
  const barrier = planned?.barrier && barrierText(planned.barrier);
  const proposal = newProposal(given, digest, deps);
  refuseSame(open, proposal);
  const all = [...issues, ...(planned?.issues ?? [])];
  return { proposal, found: { issues: all, ...(barrier !== undefined && { barrier }) } };
}

/** Stores the end of proposals that have expired, or that the fleet shows to be applied. */
async function storeEnds(deps: StoreDeps): Promise<void> {
  const { records, checks } = deps;
  for (const proposal of records.known().values()) {
    const now = asItIs(proposal, deps);
    if (now.state === proposal.state) continue;
    await records.close(now, oldestClosed(records.known()));
    checks.forget(now.id);
  }
}

/** Checks it as a push would. @throws AppError as a push, and for what the nodes have already */
async function checkProposed(
  given: NewProposal,
  deps: StoreDeps,
): Promise<{ readonly digest: string; readonly issues: readonly Issue[] }> {
  const { terms = {} } = given;
  const isAnew = terms.supersede === true && isRunning(deps.rollouts.current());
  const request = requestOf(given, terms, given.by);
  const { result, revision, issues } = await prepareRevision(request, deps, {
    isAnew,
    verb: 'propose',
  });
  if (result === 'new') return { digest: revision.digest, issues };
  throw new AppError(
    'bad-request',
    `cannot propose the configuration: it is revision ${String(revision.number)}, the newest one, already; --retry proposes it again for agents that rejected it`,
  );
}

function newProposal(
  { by, message, mediaType, author, commit, terms = {}, ...content }: NewProposal,
  digest: string,
  deps: StoreDeps,
): StoredProposal {
  const kind = content.strategy === undefined ? 'push' : 'rollout';
  const plan: ProposalPlan = { kind, ...terms };
  const base = baseOf(deps);
  return {
    formatVersion: 1,
    id: Math.max(0, ...deps.records.known().keys()) + 1,
    state: 'open',
    by: by.slice(0, 256),
    at: deps.now(),
    ...(message !== undefined && { message: message.slice(0, longestText) }),
    ...(author !== undefined && { author: author.slice(0, 256) }),
    ...(commit !== undefined && { commit: commit.slice(0, 64) }),
    plan,
    whole: wholeDigest(content, { mediaType, base, plan }),
    mediaType,
    digest,
    bytes: bytesOf(content),
    base,
    approvals: [],
  };
}

function bytesOf({ text, strategy }: ProposalContent): number {
  return Buffer.byteLength(text) + (strategy === undefined ? 0 : JSON.stringify(strategy).length);
}
