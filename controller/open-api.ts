/** Builds the entrances for people: the socket of the API, the port of metrics, and the followed source. */
import type { Server } from 'node:http';
import { reasonOf } from '../runtime/errors.ts';
import { closeAtOnce, createBoundedServer } from '../runtime/http/bounded-server.ts';
import type { ServingLimits } from '../runtime/http/limits.ts';
import { openMetricsPort } from '../runtime/http/metrics-port.ts';
import type { Route } from '../runtime/http/route.ts';
import { listenOnSocket } from '../runtime/http/unix-socket.ts';
import type { Logger } from '../runtime/log/logger.ts';
import { eventsRoute } from './api/events-route.ts';
import { metricsPath, metricsRoute } from './api/metrics-route.ts';
import { pathPatterns } from './api/path-patterns.ts';
import { previewRoute } from './api/preview-route.ts';
import { controllerRoutes, type RoutesDeps } from './api/routes.ts';
import { revocationRoutes } from './api/revocation-routes.ts';
import { rolloutRoutes } from './api/rollout-routes.ts';
import { tokenRoutes } from './api/token-routes.ts';
import { sourceRoutes } from './api/source-routes.ts';
import { createFleetEventLog } from './app/events/fleet-event-log.ts';
import { watchFleet } from './app/events/watch-fleet.ts';
import type { Revocations } from './app/identity/revocations.ts';
import type { ApiTokens } from './app/access/api-tokens.ts';
import type { ControllerCounters } from './app/metrics/controller-counters.ts';
import { createPreview } from './app/preview/preview.ts';
import type { ProposalRecords } from './app/proposals/proposal-records.ts';
import { createDecide } from './app/push/decide.ts';
import { createPush, type Push } from './app/push/push.ts';
import { followSource, type FollowedSource } from './app/source/follow-source.ts';
import type { Rollouts } from './app/rollout/rollouts.ts';
import { createStartRollout } from './app/push/start-rollout.ts';
import type { FleetStore } from './app/store/fleet-store.ts';
import type { ConfigChecker } from './ports/config-checker.ts';
import type { Enrolment } from './enrolment.ts';
import type { SourceTree } from './ports/source-tree.ts';
import { openPeople } from './open-people.ts';
import { openHttps, type OpenedHttps } from './open-https.ts';
import type { ControllerSettings } from './settings.ts';

export interface ApiParts extends Pick<
  RoutesDeps,
  'identity' | 'fleet' | 'keepingProblem' | 'answersKept' | 'snapshots' | 'now'
> {
  readonly checker: ConfigChecker;
  readonly settings: Pick<
    ControllerSettings,
    | 'cluster'
    | 'socket'
    | 'metricsListen'
    | 'source'
    | 'timing'
    | 'api'
    | 'people'
    | 'approvals'
    | 'stateDirectory'
  > & { readonly tree?: SourceTree };
  readonly store: FleetStore;
  readonly revocations: Revocations;
  readonly tokens: ApiTokens;
  readonly rollouts: Rollouts;
  readonly proposalRecords: ProposalRecords;
  readonly enrolment: Enrolment;
  readonly counters: ControllerCounters;
}

export interface OpenedApi {
  /** @throws AppError where another controller listens there */
  listen(): Promise<void>;
  /** `host:port`; undefined: the API is on the socket only. */
  listenHttps(): string | undefined;
  /** Reads the certificates again; bad files change nothing. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

const mib = 1024 * 1024;
/** Limits of the socket for commands; agents do not use it. */
const apiLimits: ServingLimits = {
  connections: 64,
  pipelined: 16,
  requests: 64,
  bodyBytes: 8 * mib,
  // Enough for the answer with 20,000 nodes, three times.
  answerBytes: 96 * mib,
  roomMs: 20_000,
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 5000,
  answerMs: 60_000,
};

const sourceMs = 2000;
/** The time between two looks for events. */
const eventsMs = 1000;

export async function openApi(parts: ApiParts, logger: Logger): Promise<OpenedApi> {
  const { settings, fleet, checker, store, rollouts, now } = parts;
  const { cluster, socket, metricsListen } = settings;
  const push = createPush({ cluster, fleet, checker, rollouts, now, logger });
  const decide = createDecide({ fleet, store, rollouts, logger });
  const start = createStartRollout({ cluster, fleet, checker, store, rollouts, now, logger });
  const people = openPeople({ ...parts, push }, logger);
  const source = openSource(parts, push, people.pushBySource, logger);
  const events = createFleetEventLog(now);
  const unwatch = watchFleet({ fleet, rollouts, log: events, later });
  const routes = people.audited([
    ...controllerRoutes({ ...parts, push, decide }),
    ...sourceRoutes(source),
    previewRoute(createPreview(parts)),
    ...rolloutRoutes({ fleet, rollouts, start, store }),
    ...revocationRoutes(parts),
    eventsRoute(events),
    metricsRoute({ ...parts, events }),
    ...people.routes,
    ...tokenRoutes(parts),
  ]);
  const api = createBoundedServer(routes, {
    name: 'controller.sock',
    access: 'write',
    limits: apiLimits,
    logger,
    paths: pathPatterns,
  });
  const metrics = await openMetrics(metricsListen, routes, logger);
  const looks =
    source === undefined
      ? undefined
      : setInterval(() => void source.look(), settings.timing?.sourceMs ?? sourceMs);
  let https: OpenedHttps | undefined;
  return {
    listen: async () => {
      await listenOnSocket(api, socket, { mode: 0o660 });
      const ready = (): void => fleet.requireKnown('let people in');
      https = await openHttps(routes, { ...parts, ready, limits: apiLimits }, logger);
    },
    listenHttps: () => https?.listen,
    reload: async () => https?.reload(),
    close: async () => {
      clearInterval(looks);
      unwatch();
      await source?.idle();
      await Promise.all([
        closeAtOnce(api),
        https?.close(),
        ...(metrics === undefined ? [] : [closeAtOnce(metrics)]),
      ]);
      await people.close();
    },
  };
}

function later(work: () => void): () => void {
  const timer = setTimeout(work, eventsMs);
  return () => clearTimeout(timer);
}

function openSource(
  { settings: { source, tree, approvals }, fleet, checker }: ApiParts,
  push: Push,
  pushByItself: Push,
  logger: Logger,
): FollowedSource | undefined {
  if (source === undefined || tree === undefined) return undefined;
  const elapsedMs = (): number => performance.now();
  const { pushes } = source;
  const needsApproval = (approvals?.required ?? 0) > 0;
  const deps = { tree, pushes, needsApproval, fleet, checker, push, pushByItself };
  return followSource({ ...deps, logger, elapsedMs });
}

/** Opens the port of metrics. A port in use must not keep the controller from its work. */
async function openMetrics(
  listen: string | undefined,
  routes: readonly Route[],
  logger: Logger,
): Promise<Server | undefined> {
  const route = routes.find(({ path }) => path === metricsPath);
  if (listen === undefined || route === undefined) return undefined;
  try {
    return await openMetricsPort(listen, route, logger);
  } catch (error) {
    logger.error(reasonOf(error));
    return undefined;
  }
}
