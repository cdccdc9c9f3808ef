/** The routes about proposed configurations. */
import type { Issue } from '../../../core/issue.ts';
import { AppError } from '../../../runtime/errors.ts';
import { json, type HttpRequest, type Route } from '../../../runtime/http/route.ts';
import type { Fleet } from '../../app/fleet/fleet.ts';
import type { Proposals, ProposalView } from '../../app/proposals/proposals.ts';
import type { PushOutcome } from '../../app/push/push.ts';
import type { ConfigChecker } from '../../ports/config-checker.ts';
import { confirmSecondsOf } from '../confirm-seconds.ts';
import { decidingPerson } from './person-of-request.ts';

/** GET /v1/proposals */
export interface ProposalsAnswer {
  readonly proposals: readonly ProposalView[];
}

/** Every other answer about one proposal. */
export interface ProposalAnswer {
  readonly proposal: ProposalView;
  /** Of its check against the nodes as they are now; absent: it was not checked. */
  readonly issues?: readonly Issue[];
  /** Absent: it is closed, or the answer is not about the text. */
  readonly text?: string;
}

/** POST /v1/proposals/{id}/apply */
export interface AppliedProposal extends PushOutcome {
  readonly proposal: ProposalView;
}

export interface ProposalRoutesDeps {
  readonly proposals: Proposals;
  readonly fleet: Pick<Fleet, 'requireKnown' | 'facts'>;
  readonly checker: Pick<ConfigChecker, 'check'>;
}

const configBody = {
  maxBytes: 1024 * 1024,
  mediaTypes: ['application/yaml', 'application/json'],
};
const path = '/v1/proposals';

export function proposalRoutes({
  proposals,
  fleet,
  checker,
}: ProposalRoutesDeps): readonly Route[] {
  const show = async ({ parameters, signal }: HttpRequest): Promise<ProposalAnswer> => {
    fleet.requireKnown('show the proposal');
    const proposal = proposals.get(idIn(parameters));
    const text = await proposals.text(proposal.id);
    if (text === undefined) return { proposal };
    const { issues } = await checker.check(text, fleet.facts(), { signal });
    return { proposal, issues, text };
  };
  const propose = async (request: HttpRequest): Promise<ProposalAnswer> => {
    const by = await decidingPerson(request, 'propose the configuration');
    const message = request.query.get('message') ?? undefined;
    const mediaType =
      request.mediaType === 'application/json' ? 'application/json' : 'application/yaml';
    const given = { text: request.body, mediaType, by } as const;
    return proposals.propose({ ...given, ...(message !== undefined && { message }) });
  };
  return [
    { method: 'GET', path, access: 'read', handle: () => json(listed(fleet, proposals)) },
    {
      method: 'POST',
      path,
      access: 'write',
      role: 'propose',
      body: configBody,
      handle: async (request) => answered(await propose(request)),
    },
    {
      method: 'GET',
      path: `${path}/{id}`,
      access: 'read',
      handle: async (request) => json(await show(request)),
    },
    {
      method: 'DELETE',
      path: `${path}/{id}`,
      access: 'write',
      role: 'propose',
      handle: decide('withdraw', (id, by) => proposals.withdraw(id, by)),
    },
    {
      method: 'POST',
      path: `${path}/{id}/approve`,
      access: 'write',
      role: 'approve',
      handle: decide('approve', (id, by) => proposals.approve(id, by)),
    },
    {
      method: 'POST',
      path: `${path}/{id}/reject`,
      access: 'write',
      role: 'approve',
      handle: decide('reject', (id, by, query) =>
        proposals.reject(id, by, query.get('reason') ?? undefined),
      ),
    },
    {
      method: 'POST',
      path: `${path}/{id}/apply`,
      access: 'write',
      handle: async (request) => {
        const name = await decidingPerson(request, 'apply the proposal');
        const seconds = confirmSecondsOf(request.query.get('confirm-within'));
        const { proposal, outcome } = await proposals.apply(
          idIn(request.parameters),
          name,
          seconds,
        );
        return json({ ...outcome, proposal } satisfies AppliedProposal);
      },
    },
  ];
}

type Decision = (id: number, by: string, query: URLSearchParams) => Promise<ProposalView>;

function decide(what: string, work: Decision): Route['handle'] {
  return async (request) => {
    const name = await decidingPerson(request, `${what} the proposal`);
    const proposal = await work(idIn(request.parameters), name, request.query);
    return answered({ proposal });
  };
}

function listed(fleet: ProposalRoutesDeps['fleet'], proposals: Proposals): ProposalsAnswer {
  fleet.requireKnown('list the proposals');
  return { proposals: proposals.list() };
}

function answered(answer: ProposalAnswer): ReturnType<typeof json> & {
  readonly audited: Readonly<Record<string, string | number>>;
} {
  const { id, by, digest } = answer.proposal;
  return { ...json(answer), audited: { proposal: id, proposedBy: by, digest } };
}

function idIn({ id = '' }: Readonly<Record<string, string>>): number {
  if (/^\d{1,12}$/.test(id)) return Number(id);
  throw new AppError('not-found', `"${id.slice(0, 50)}" is no number of a proposal`);
}
