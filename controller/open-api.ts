/** Builds the routes of one cluster in the API, and the source that it follows. */
import type { Metric } from '../core/metrics/exposition.ts';
import type { Route } from '../runtime/http/route.ts';
import { readStrategy } from '../runtime/files/strategy/read-strategy.ts';
import type { Logger } from '../runtime/log/logger.ts';
import type { RolloutStrategy } from '../schemas/generated/rollout-strategy.ts';
import { eventsRoute } from './api/events-route.ts';
import { metricsOf, metricsRoute, type MetricsSources } from './api/metrics-route.ts';
import type { Logins } from './api/people/gate.ts';
import { readyForPeople } from './api/people/ready-for-people.ts';
import { previewRoute } from './api/preview-route.ts';
import { controllerRoutes, type ControllerStatus, type RoutesDeps } from './api/routes.ts';
import { revocationRoutes } from './api/revocation-routes.ts';
import { rolloutRoutes } from './api/rollout-routes.ts';
import { tokenRoutes } from './api/token-routes.ts';
import { sourceRoutes } from './api/source-routes.ts';
import { claimEvents } from './app/events/claim-events.ts';
import { createFleetEventLog } from './app/events/fleet-event-log.ts';
import { watchFleet } from './app/events/watch-fleet.ts';
import type { Revocations } from './app/identity/revocations.ts';
import type { ApiTokens } from './app/access/api-tokens.ts';
import { peopleWithRole } from './app/access/people-with-role.ts';
import { personOfCertificate } from './app/access/person-certificates.ts';
import { summarizeFleet } from './app/fleet/fleet-view.ts';
import type { ControllerCounters } from './app/metrics/controller-counters.ts';
import { createPreview } from './app/preview/preview.ts';
import type { ProposalRecords } from './app/proposals/proposal-records.ts';
import { createDecide } from './app/push/decide.ts';
import { createPush, createTryPush, type Push, type TryPush } from './app/push/push.ts';
import { followSource, type FollowedSource } from './app/source/follow-source.ts';
import { createRolloutBySource, type RolloutBySourceDeps } from './app/source/rollout-by-source.ts';
import type { Rollouts } from './app/rollout/rollouts.ts';
import { createPreviewRollout } from './app/preview/preview-rollout.ts';
import { createStartRollout, createTryStart } from './app/push/start-rollout.ts';
import type { FleetStore } from './app/store/fleet-store.ts';
import type { FleetLead } from './app/store/lead-fleet.ts';
import type { ConfigChecker } from './ports/config-checker.ts';
import type { Enrolment } from './enrolment.ts';
import type { SourceTree } from './ports/source-tree.ts';
import { openPeople, type OpenedPeople } from './open-people.ts';
import type { ClusterSettings, ControllerTiming } from './settings.ts';

export interface ApiParts extends Pick<
  RoutesDeps,
  'identity' | 'fleet' | 'keepingProblem' | 'answersKept' | 'snapshots' | 'now'
> {
  readonly checker: ConfigChecker;
  readonly settings: Pick<
    ClusterSettings,
    'cluster' | 'source' | 'people' | 'approvals' | 'stateDirectory'
  > & { readonly tree?: SourceTree; readonly timing: Pick<ControllerTiming, 'sourceMs'> };
  readonly store: FleetStore;
  readonly revocations: Revocations;
  readonly tokens: ApiTokens;
  readonly rollouts: Rollouts;
  readonly proposalRecords: ProposalRecords;
  readonly enrolment: Enrolment;
  readonly counters: ControllerCounters;
  readonly ownCertificates: MetricsSources['ownCertificates'];
  /** Undefined: this controller is the only one. */
  readonly lead: Pick<FleetLead, 'hindrance' | 'leader'> | undefined;
}

export interface ClusterApi {
  readonly routes: readonly Route[];
  /** Who may use the routes over the network. */
  readonly logins: Logins;
  readonly metrics: () => readonly Metric[];
  readonly status: () => ControllerStatus;
  /** Ends the followed source and the audit log. */
  close(): Promise<void>;
}

const sourceMs = 2000;
/** The time between two looks for events. */
const eventsMs = 1000;

export function openApi(parts: ApiParts, logger: Logger): ClusterApi {
  const { settings, identity, fleet, checker, store, rollouts, tokens, counters, now } = parts;
  const { cluster, people: named = [] } = settings;
  const push = createPush({ cluster, fleet, checker, store, rollouts, now, logger });
  const decide = createDecide({ fleet, store, rollouts, logger });
  const starting = { cluster, fleet, checker, store, rollouts, now, logger };
  const start = createStartRollout(starting);
  const preview = createPreview(parts);
  const previewRollout = createPreviewRollout({ ...starting, preview });
  const tryPush = createTryPush({ cluster, fleet, checker, rollouts, now });
  const people = openPeople({ ...parts, push, start }, logger);
  const bringing = { push, tryPush, start, tryStart: createTryStart(starting) };
  const source = openSource(parts, bringing, people, logger);
  const events = createFleetEventLog(now);
  const eventsOfClaim = claimEvents(() => performance.now());
  parts.enrolment.counts.watch((claim) => events.record(eventsOfClaim(claim)));
  const unwatch = watchFleet({ fleet, rollouts, log: events, later });
  const routes = people.audited([
    ...controllerRoutes({ ...parts, push, decide }),
    ...sourceRoutes(source),
    previewRoute(preview),
    ...rolloutRoutes({ fleet, rollouts, start, store, preview: previewRollout }),
    ...revocationRoutes(parts),
    eventsRoute(events),
    metricsRoute({ ...parts, events }),
    ...people.routes,
    ...tokenRoutes(parts),
  ]);
  const looks =
    source === undefined
      ? undefined
      : setInterval(() => void source.look(), settings.timing.sourceMs ?? sourceMs);
  return {
    routes,
    logins: {
      tokens,
      peopleWith: peopleWithRole({ people: named, cluster, tokens }),
      counters,
      denied: people.denied,
      certified: (socket) =>
        personOfCertificate(socket, { people: named, cluster, now: Date.now() }),
      ready: readyForPeople(fleet, parts.lead),
    },
    metrics: () => metricsOf({ ...parts, events }),
    status: () => ({ ...identity(), ...summarizeFleet(fleet, now(), parts.keepingProblem()) }),
    close: async () => {
      clearInterval(looks);
      unwatch();
      await source?.idle();
      await people.close();
    },
  };
}

function later(work: () => void): () => void {
  const timer = setTimeout(work, eventsMs);
  return () => clearTimeout(timer);
}

interface Bringing extends Pick<RolloutBySourceDeps, 'start' | 'tryStart'> {
  readonly push: Push;
  readonly tryPush: TryPush;
}

function openSource(
  { settings: { source, tree }, fleet, checker, rollouts, store }: ApiParts,
  { push, tryPush, start, tryStart }: Bringing,
  people: OpenedPeople,
  logger: Logger,
): FollowedSource | undefined {
  if (source === undefined || tree === undefined) return undefined;
  const elapsedMs = (): number => performance.now();
  const { pushes, strategyFile } = source;
  const strategy = async (): Promise<RolloutStrategy | undefined> =>
    strategyFile === undefined ? undefined : readStrategy(strategyFile);
  const proposals = people.sourceProposals(tree.file, strategy, strategyFile);
  const needed = proposals !== undefined && { proposals };
  const way =
    strategyFile === undefined
      ? { push, tryPush }
      : {
          ...createRolloutBySource({
            ...{ file: tree.file, strategyFile, start, tryStart },
            strategy: () => readStrategy(strategyFile),
          }),
          name: 'rollout of the source',
        };
  return followSource({
    ...{ tree, pushes, fleet, checker, ...needed, logger, elapsedMs },
    ...{ push: way.push, pushByItself: people.pushBySource(way) },
    ...(strategyFile !== undefined && { strategyFile }),
    rollout: () => rollouts.current()?.rollout,
    readRevision: (number) => store.readRevision(number),
  });
}
