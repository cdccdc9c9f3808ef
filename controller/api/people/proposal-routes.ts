/** The routes about proposed changes. */
import type { Issue } from '../../../core/issue.ts';
import { barrierText } from '../../../core/rollout/barrier.ts';
import { AppError } from '../../../runtime/errors.ts';
import { json, type HttpRequest, type Reply, type Route } from '../../../runtime/http/route.ts';
import type { RolloutStrategy } from '../../../schemas/generated/rollout-strategy.ts';
import type { Fleet } from '../../app/fleet/fleet.ts';
import { proposalDetails } from '../../app/proposals/audit-details.ts';
import type { ProposalChecks } from '../../app/proposals/proposal-checks.ts';
import type { ProposalView } from '../../app/proposals/proposal-state.ts';
import type { Decider, Proposals } from '../../app/proposals/proposals.ts';
import { planOf } from '../../app/proposals/proposed-change.ts';
import type { NewProposal } from '../../app/proposals/store-proposal.ts';
import { checkDespiteOddNodes } from '../../app/push/odd-nodes.ts';
import type { PushOutcome } from '../../app/push/push.ts';
import { proposeWords, wavesNow } from '../../app/push/check-start.ts';
import { needsBarrier, type BarrierDeps } from '../../app/push/needs-barrier.ts';
import { shownWaves, type ShownWave } from '../../app/push/shown-waves.ts';
import type { StartOutcome } from '../../app/push/start-rollout.ts';
import { heldContent } from '../../app/rollout/held-content.ts';
import type { Rollouts } from '../../app/rollout/rollouts.ts';
import type { ConfigChecker } from '../../ports/config-checker.ts';
import { rolloutBody, rolloutRequestOf } from '../rollout-routes.ts';
import { termParameters } from '../term-parameters.ts';
import { decidingPerson, type Sender } from './person-of-request.ts';
import { termsIn } from './terms-of-query.ts';

/** GET /v1/proposals */
export interface ProposalsAnswer {
  readonly proposals: readonly ProposalView[];
}

/** Every other answer about one proposal. */
export interface ProposalAnswer {
  readonly proposal: ProposalView;
  /** Of its check against the nodes; absent: there is none yet. */
  readonly issues?: readonly Issue[];
  /** Why all nodes have to be prepared before the cluster-wide resources change. Absent: they need not. */
  readonly barrier?: string;
  /** When the check ended. */
  readonly checkedAt?: string;
  /** Absent: it is closed, or the answer is not about the text. */
  readonly text?: string;
  /** The text of the newest revision; absent: there is none. */
  readonly before?: string;
  readonly strategy?: RolloutStrategy;
  /** As they would be now; absent: they cannot be planned now. */
  readonly waves?: readonly ShownWave[];
}

/** POST /v1/proposals/{id}/apply: the answer of a push, or of the start of a rollout. */
export type AppliedProposal = (PushOutcome | StartOutcome) & { readonly proposal: ProposalView };

export interface ProposalRoutesDeps {
  readonly proposals: Proposals;
  readonly checks: Pick<ProposalChecks, 'look'>;
  readonly fleet: Pick<Fleet, 'requireKnown' | 'records' | 'facts' | 'revision' | 'lastNumber'>;
  readonly checker: Pick<ConfigChecker, 'check' | 'preview'>;
  readonly rollouts: Pick<Rollouts, 'current'>;
  readonly store: BarrierDeps['store'];
}

const configBody = {
  maxBytes: 1024 * 1024,
  mediaTypes: ['application/yaml', 'application/json'],
};
const path = '/v1/proposals';
const proposeParameters = [...termParameters, 'message'];

export function proposalRoutes(deps: ProposalRoutesDeps): readonly Route[] {
  const { proposals, fleet } = deps;
  return [
    { method: 'GET', path, access: 'read', handle: () => json(listed(fleet, proposals)) },
    {
      method: 'POST',
      path,
      access: 'write',
      role: 'propose',
      query: proposeParameters,
      body: configBody,
      handle: proposing(proposals, ({ body: text, mediaType }) => ({
        text,
        mediaType: mediaType === 'application/json' ? mediaType : 'application/yaml',
      })),
    },
    {
      method: 'POST',
      path: `${path}/rollout`,
      access: 'write',
      role: 'propose',
      query: proposeParameters,
      body: rolloutBody,
      handle: proposing(proposals, ({ body }) => rolloutRequestOf(body, 'propose the rollout')),
    },
    {
      method: 'GET',
      path: `${path}/{id}`,
      access: 'read',
      handle: async ({ parameters }) => json(await show(idIn(parameters), deps)),
    },
    {
      method: 'POST',
      path: `${path}/{id}/again`,
      access: 'write',
      role: 'propose',
      query: proposeParameters,
      handle: async (request) => {
        const { name } = await decidingPerson(request, 'propose the configuration again');
        const { query, parameters } = request;
        const message = query.get('message');
        const more = { terms: termsIn(query), ...(message !== null && { message }) };
        return answered(await proposals.proposeAgain(idIn(parameters), name, more));
      },
    },
    ...decisionRoutes(proposals),
    {
      method: 'POST',
      path: `${path}/{id}/apply`,
      access: 'write',
      handle: (request) => apply(request, proposals),
    },
  ];
}

function decisionRoutes(proposals: Proposals): readonly Route[] {
  return [
    {
      method: 'DELETE',
      path: `${path}/{id}`,
      access: 'write',
      role: 'propose',
      handle: decide('withdraw', (id, { by }) => proposals.withdraw(id, by)),
    },
    {
      method: 'POST',
      path: `${path}/{id}/approve`,
      access: 'write',
      role: 'approve',
      handle: decide('approve', (id, decider) => proposals.approve(id, decider)),
    },
    {
      method: 'POST',
      path: `${path}/{id}/reject`,
      access: 'write',
      role: 'approve',
      query: ['reason'],
      handle: decide('reject', (id, { by }, query) =>
        proposals.reject(id, by, query.get('reason') ?? undefined),
      ),
    },
  ];
}

type Content = Pick<NewProposal, 'text' | 'mediaType' | 'strategy'>;

function proposing(
  proposals: Proposals,
  contentOf: (request: HttpRequest) => Content,
): Route['handle'] {
  return async (request) => {
    const { name: by } = await decidingPerson(request, 'propose the configuration');
    const message = request.query.get('message');
    const given = { ...contentOf(request), by, terms: termsIn(request.query) };
    return answered(await proposals.propose({ ...given, ...(message !== null && { message }) }));
  };
}

async function show(
  id: number,
  { proposals, checks, fleet, checker, rollouts, store }: ProposalRoutesDeps,
): Promise<ProposalAnswer> {
  fleet.requireKnown('show the proposal');
  const proposal = proposals.get(id);
  if (proposal.state !== 'open') return { proposal };
  const content = await proposals.content(id);
  if (content === undefined) return { proposal };
  const { text, strategy } = content;
  const despite = new Set(planOf(proposal).despite);
  const checked = await checks.look(id, async () => {
    const { issues } = await checkDespiteOddNodes(
      fleet.records(),
      (nodes) => checker.check(text, nodes),
      despite,
    );
    if (strategy === undefined) return { issues };
    const running = rollouts.current();
    const compared = { fleet, checker, store };
    const held = await heldContent({ ...compared, rollouts });
    const barrier = await needsBarrier(text, held, running, compared);
    const all = [...issues, ...(plannedWaves({ strategy }, fleet)?.issues ?? [])];
    return { issues: all, ...(barrier !== undefined && { barrier: barrierText(barrier) }) };
  });
  const before = fleet.revision()?.text;
  const waves = strategy && plannedWaves({ strategy }, fleet)?.waves;
  return {
    proposal,
    ...checked,
    text,
    ...(before !== undefined && { before }),
    ...(strategy !== undefined && { strategy }),
    ...(waves !== undefined && { waves: shownWaves(waves) }),
  };
}

/** Undefined: a wave has no node any more, which refuses the rollout when it is applied. */
function plannedWaves(
  given: { readonly strategy: RolloutStrategy },
  fleet: Pick<Fleet, 'records'>,
): ReturnType<typeof wavesNow> | undefined {
  try {
    return wavesNow(given, fleet, proposeWords);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

async function apply(request: HttpRequest, proposals: Proposals): Promise<Reply> {
  const { name } = await decidingPerson(request, 'apply the proposal');
  if (request.query.has('confirm-within')) {
    throw new AppError(
      'bad-request',
      'cannot apply the proposal with other terms than those that were approved: propose it with --confirm-within',
    );
  }
  const { proposal, outcome } = await proposals.apply(idIn(request.parameters), name);
  const { number, digest } = outcome.revision;
  const answer: AppliedProposal = { ...outcome, proposal };
  return { ...json(answer), audited: { ...proposalDetails(proposal), revision: number, digest } };
}

type Decision = (id: number, decider: Decider, query: URLSearchParams) => Promise<ProposalView>;

function decide(what: string, work: Decision): Route['handle'] {
  return async (request) => {
    const sender = await decidingPerson(request, `${what} the proposal`);
    const proposal = await work(idIn(request.parameters), deciderOf(sender), request.query);
    return answered({ proposal });
  };
}

function deciderOf({ name, how, issuedBy }: Sender): Decider {
  return { by: name, how, ...(issuedBy !== undefined && { issuedBy }) };
}

function listed(fleet: ProposalRoutesDeps['fleet'], proposals: Proposals): ProposalsAnswer {
  fleet.requireKnown('list the proposals');
  return { proposals: proposals.list() };
}

function answered(answer: ProposalAnswer): Reply {
  return { ...json(answer), audited: proposalDetails(answer.proposal) };
}

function idIn({ id = '' }: Readonly<Record<string, string>>): number {
  if (/^\d{1,12}$/.test(id)) return Number(id);
  throw new AppError('not-found', `"${id.slice(0, 50)}" is no number of a proposal`);
}
