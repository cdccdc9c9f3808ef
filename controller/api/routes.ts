/** The controller's own API, on its socket. */
import { controllerLineage } from '../../core/protocol/messages.ts';
import { AppError } from '../../runtime/errors.ts';
import { json, type HttpRequest, type Reply, type Route } from '../../runtime/http/route.ts';
import { summarizeChange, type InForce } from '../app/fleet/change-summary.ts';
import type { Fleet } from '../app/fleet/fleet.ts';
import {
  summarizeFleet,
  viewNodes,
  viewPushes,
  type FleetSummary,
  type NodePush,
} from '../app/fleet/fleet-view.ts';
import type { OpenSnapshots } from '../app/backup/open-snapshots.ts';
import type { Decide } from '../app/push/decide.ts';
import type { Push, PushOutcome } from '../app/push/push.ts';
import { connectedNames, waitForPush, type PushEnd } from '../app/push/wait-for-push.ts';
import type { NodeView } from '../app/nodes/node-view.ts';
import type { ConfigChecker } from '../ports/config-checker.ts';
import { backupRoutes } from './backup-routes.ts';
import { confirmSecondsOf } from './confirm-seconds.ts';
import { nodeRoute } from './node-route.ts';
import { termParameters } from './term-parameters.ts';

export interface ControllerIdentity {
  readonly controllerVersion: string;
  readonly cluster: string;
  readonly startedAt: string;
  /** `host:port` of the agents' endpoint. */
  readonly listen: string;
  readonly tls: boolean;
}

/** GET /v1/status */
export type ControllerStatus = ControllerIdentity & FleetSummary;

/** GET /v1/nodes */
export interface NodesAnswer {
  /** The lineage of this controller's revisions. */
  readonly lineage: string;
  readonly nodes: readonly NodeView[];
  /** Nodes of which the stored record cannot be read; absent: none. */
  readonly unreadable?: readonly string[];
}

/** PUT /v1/config; without `wait` only the outcome. */
export interface PushAnswer extends PushOutcome {
  readonly ended?: PushEnd;
  readonly nodes?: readonly NodePush[];
  /** The revisions in force on the connected nodes at the end, that of most nodes first. */
  readonly inForce?: readonly InForce[];
}

/** DELETE /v1/nodes?name=NODE */
export interface ForgetAnswer {
  readonly forgotten: readonly string[];
}

export interface RoutesDeps {
  readonly identity: () => ControllerIdentity;
  readonly fleet: Fleet;
  readonly push: Push;
  readonly decide: Decide;
  /** Why the nodes cannot be written to disk; undefined: they are. */
  readonly keepingProblem: () => string | undefined;
  /** Resolves when the answers until now are on disk, or cannot be written for now. */
  readonly answersKept: () => Promise<void>;
  readonly snapshots: OpenSnapshots;
  readonly checker: Pick<ConfigChecker, 'check'>;
  readonly now: () => string;
}

const maxConfigBytes = 1024 * 1024;
const longestWaitSeconds = 3600;
/** Of every request with a configuration. */
export const configBody = {
  maxBytes: maxConfigBytes,
  mediaTypes: ['application/yaml', 'application/json'],
};

export function controllerRoutes(deps: RoutesDeps): readonly Route[] {
  const { identity, fleet, push, decide, keepingProblem, answersKept } = deps;
  const { snapshots, checker, now } = deps;
  const summary = (): FleetSummary => summarizeFleet(fleet, now(), keepingProblem());
  const status = (): ControllerStatus => ({ ...identity(), ...summary() });
  const nodes = async (): Promise<Reply> => {
    // Nobody connects to a controller that stands by: an empty list would be wrong.
    if (fleet.role() === 'standby') fleet.requireKnown('list the nodes');
    const unreadable = fleet.unreadable();
    const answer: NodesAnswer = {
      lineage: controllerLineage(identity().cluster),
      nodes: viewNodes(fleet, now()),
      ...(unreadable.length > 0 && { unreadable }),
    };
    await answersKept();
    return json(answer);
  };
  return [
    { ...get('/v1/health', () => ({ status: 'ok' })), query: 'any', isCheap: true },
    { ...get('/v1/status', status), isCheap: true },
    { method: 'GET', path: '/v1/nodes', access: 'read', handle: nodes },
    nodeRoute({ fleet, answersKept, now, lineage: () => controllerLineage(identity().cluster) }),
    ...backupRoutes({
      snapshots,
      ready: () => fleet.requireKnown('back up the store'),
      identity,
    }),
    {
      method: 'DELETE',
      path: '/v1/nodes',
      access: 'write',
      query: ['name'],
      handle: ({ query }) => {
        const forgotten = [...new Set(query.getAll('name'))];
        if (forgotten.length === 0) {
          throw new AppError('bad-request', 'cannot forget nodes: name them with ?name=NODE');
        }
        fleet.forget(forgotten);
        return json({ forgotten } satisfies ForgetAnswer);
      },
    },
    {
      method: 'PUT',
      path: '/v1/config',
      access: 'write',
      bringsConfig: true,
      query: [...termParameters, 'wait'],
      body: configBody,
      handle: (request) => handlePush(request, { fleet, push, answersKept, now }),
    },
    {
      method: 'POST',
      path: '/v1/confirm',
      access: 'write',
      handle: async ({ query }) => json(await decide.confirm(query.get('by') ?? 'unknown')),
    },
    {
      method: 'POST',
      path: '/v1/rollback',
      access: 'write',
      handle: async ({ query }) => json(await decide.rollBack(query.get('by') ?? 'unknown')),
    },
    {
      method: 'POST',
      path: '/v1/check',
      access: 'read',
      body: configBody,
      handle: async ({ body, signal }) => {
        fleet.requireKnown('check the configuration');
        const { issues } = await checker.check(body, fleet.facts(), { signal });
        return json({ issues });
      },
    },
  ];
}

function get(path: string, answer: () => unknown): Route {
  return { method: 'GET', path, access: 'read', handle: () => json(answer()) };
}

async function handlePush(
  request: HttpRequest,
  { fleet, push, answersKept, now }: Pick<RoutesDeps, 'fleet' | 'push' | 'answersKept' | 'now'>,
): Promise<Reply> {
  const waitMs = waitOf(request.query.get('wait'));
  // Read before the push, because the client may leave while it runs.
  const { signal } = request;
  const nodes = connectedNames(fleet);
  const confirmSeconds = confirmSecondsOf(request.query.get('confirm-within'));
  const outcome = await push({
    mediaType: request.mediaType === 'application/json' ? 'application/json' : 'application/yaml',
    text: request.body,
    by: request.query.get('by') ?? 'unknown',
    retry: request.query.get('retry') === 'true',
    acceptLoss: request.query.get('accept-loss') === 'true',
    noGuard: request.query.get('no-guard') === 'true',
    supersede: request.query.get('supersede') === 'true',
    ...(confirmSeconds !== undefined && { confirmSeconds }),
    despite: request.query.getAll('despite'),
  });
  if (waitMs === undefined) return json(outcome satisfies PushAnswer);
  const ended = await waitForPush(fleet, { ref: outcome.revision, nodes, waitMs }, signal).catch(
    (error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    },
  );
  // Nobody reads the answer of a client that left, but the audit log has the revision.
  if (ended === undefined) return json(outcome satisfies PushAnswer);
  const { inForce = [] } = summarizeChange(fleet.records(), now());
  const answer: PushAnswer = {
    ...outcome,
    ended,
    nodes: viewPushes(fleet, outcome.revision, nodes),
    inForce,
  };
  await answersKept();
  return json(answer);
}

function waitOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  const seconds = Number(text);
  if (text !== '' && seconds >= 0 && seconds <= longestWaitSeconds) return seconds * 1000;
  throw new AppError(
    'bad-request',
    `cannot wait "${text.slice(0, 50)}" seconds: write a number from 0 to ${String(longestWaitSeconds)}`,
  );
}
