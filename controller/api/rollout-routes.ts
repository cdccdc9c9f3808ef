/** The routes about rollouts. */
import { faultText } from '../../core/config/schema/schema-wording.ts';
import { printable } from '../../core/printable.ts';
import { checkStrategy } from '../../core/rollout/check-strategy.ts';
import type { About } from '../../core/rollout/refuse.ts';
import { hasErrors } from '../../core/issue.ts';
import { parseJson } from '../../core/input/parse-json.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import { AppError } from '../../runtime/errors.ts';
import {
  json,
  jsonInTurns,
  type HttpRequest,
  type Reply,
  type Route,
} from '../../runtime/http/route.ts';
import type { RolloutRequest as RolloutBody } from '../../schemas/generated/rollout-request.ts';
import { isRolloutRequest } from '../../schemas/generated/rollout-request.validator.js';
import type { Fleet } from '../app/fleet/fleet.ts';
import {
  summarizeRollout,
  viewRollout,
  type RolloutSummary,
  type RolloutView,
} from '../app/rollout/rollout-view.ts';
import type { RolloutRequest, Rollouts } from '../app/rollout/rollouts.ts';
import type { PreviewRollout, RolloutPreview } from '../app/preview/preview-rollout.ts';
import type { StartOutcome, StartRequest, StartRollout } from '../app/push/start-rollout.ts';
import type { FleetStore } from '../app/store/fleet-store.ts';
import { confirmSecondsOf } from './confirm-seconds.ts';
import { termParameters } from './term-parameters.ts';

/** GET /v1/rollout; absent: there is none */
export interface RolloutAnswer {
  readonly rollout?: RolloutView;
}

/** GET /v1/rollouts, the newest first */
export interface RolloutsAnswer {
  readonly rollouts: readonly RolloutSummary[];
}

/** POST /v1/rollout */
export type RolloutStarted = StartOutcome;

/** POST /v1/rollout/preview */
export type PreviewedRollout = RolloutPreview;

export interface RolloutRoutesDeps {
  readonly fleet: Fleet;
  readonly rollouts: Rollouts;
  readonly start: StartRollout;
  readonly preview: PreviewRollout;
  readonly store: Pick<FleetStore, 'rollouts'>;
}

/** Of every request with a strategy. */
export const rolloutBody = { maxBytes: 4 * 1024 * 1024, mediaTypes: ['application/json'] };

export function rolloutRoutes(deps: RolloutRoutesDeps): readonly Route[] {
  const { fleet, rollouts, store } = deps;
  const view = (): RolloutAnswer => {
    fleet.requireKnown('show the rollout');
    const rollout = viewRollout(fleet, rollouts);
    return rollout === undefined ? {} : { rollout };
  };
  const list = async (): Promise<RolloutsAnswer> => {
    fleet.requireKnown('list the rollouts');
    return { rollouts: (await store.rollouts.all()).map(summarizeRollout) };
  };
  const asking = (type: RolloutRequest['type']): Route => ({
    method: 'POST',
    path: `/v1/rollout/${type}`,
    access: 'write',
    ...(type === 'approve' && { role: 'approve' as const }),
    query: ['why', 'rollout', 'step'],
    handle: async ({ query }) => {
      const by = query.get('by') ?? 'unknown';
      const why = query.get('why');
      const about = aboutOf(query, type);
      await rollouts.ask({ type, by, about, ...(why !== null && { why }) });
      await rollouts.look();
      const answer = view();
      return { ...json(answer), audited: auditedOf(answer) };
    },
  });
  return [
    { method: 'GET', path: '/v1/rollout', access: 'read', handle: () => json(view()) },
    { method: 'GET', path: '/v1/rollouts', access: 'read', handle: async () => json(await list()) },
    {
      method: 'POST',
      path: '/v1/rollout',
      access: 'write',
      bringsConfig: true,
      query: termParameters,
      body: rolloutBody,
      handle: async (request) =>
        json((await deps.start(startRequestOf(request))) satisfies RolloutStarted),
    },
    {
      method: 'POST',
      path: '/v1/rollout/preview',
      access: 'read',
      query: termParameters,
      body: rolloutBody,
      handle: async (request) => {
        const asked = { ...startRequestOf(request), signal: request.signal };
        return jsonInTurns((await deps.preview(asked)) satisfies PreviewedRollout);
      },
    },
    asking('pause'),
    asking('resume'),
    asking('approve'),
    asking('abort'),
  ];
}

/** The body of a request with a strategy. @throws AppError bad-request */
export function rolloutRequestOf(body: string, what: string): RolloutBody {
  const parsed = parseJson(body, jsonBounds.request);
  if (!parsed.ok) throw notUnderstood(parsed.reason, what);
  const { data } = parsed;
  if (isRolloutRequest(data)) return data;
  const [fault] = isRolloutRequest.errors ?? [];
  throw notUnderstood(fault === undefined ? 'it has another form' : faultText(fault), what);
}

/** @throws AppError bad-request, invalid-config */
function startRequestOf({ body, query }: HttpRequest): StartRequest {
  const data = rolloutRequestOf(body, 'start the rollout');
  const issues = checkStrategy(data.strategy);
  if (hasErrors(issues)) {
    const message = 'cannot start the rollout: its strategy has errors, and nothing was sent';
    throw new AppError('invalid-config', message, { issues });
  }
  const confirmSeconds = confirmSecondsOf(query.get('confirm-within'));
  return {
    ...data,
    by: query.get('by') ?? 'unknown',
    retry: query.get('retry') === 'true',
    acceptLoss: query.get('accept-loss') === 'true',
    noGuard: query.get('no-guard') === 'true',
    supersede: query.get('supersede') === 'true',
    ...(confirmSeconds !== undefined && { confirmSeconds }),
    despite: query.getAll('despite'),
  };
}

/** What the person looked at. @throws AppError bad-request */
function aboutOf(query: HttpRequest['query'], what: string): About {
  const rollout = query.get('rollout');
  const step = query.get('step');
  if (rollout !== null && !/^\d{1,15}$/.test(rollout)) {
    throw notUnderstood('rollout is the number of a rollout', `${what} the rollout`);
  }
  return {
    ...(rollout !== null && { rollout: Number(rollout) }),
    ...(step !== null && { step: printable(step.slice(0, 100)) }),
  };
}

/** Which rollout it was about, and what the nodes get now. */
function auditedOf({ rollout }: RolloutAnswer): NonNullable<Reply['audited']> {
  if (rollout === undefined) return {};
  const { number, revision } = rollout;
  return { rollout: number, revision: revision.number, digest: revision.digest };
}

function notUnderstood(reason: string, what: string): AppError {
  return new AppError('bad-request', `cannot ${what}: ${printable(reason)}`);
}
