/** The route for Prometheus metrics. */
import { expositionOf, expositionType } from '../../core/metrics/exposition.ts';
import type { Route } from '../../runtime/http/route.ts';
import type { FleetEventLog } from '../app/events/fleet-event-log.ts';
import type { Fleet } from '../app/fleet/fleet.ts';
import { summarizeFleet } from '../app/fleet/fleet-view.ts';
import type { RefusedIdentities } from '../app/identity/refused-identities.ts';
import type { ControllerCounters } from '../app/metrics/controller-counters.ts';
import { fleetMetricsOf } from '../app/metrics/fleet-metrics.ts';
import { viewRollout } from '../app/rollout/rollout-view.ts';
import type { Rollouts } from '../app/rollout/rollouts.ts';

export const metricsPath = '/metrics';

export interface MetricsSources {
  readonly identity: () => { readonly controllerVersion: string; readonly startedAt: string };
  readonly fleet: Fleet;
  readonly rollouts: Pick<Rollouts, 'current' | 'seen' | 'moment' | 'problem'>;
  readonly keepingProblem: () => string | undefined;
  readonly enrolment: { readonly counts: Pick<RefusedIdentities, 'counts'> };
  readonly events: Pick<FleetEventLog, 'counts'>;
  readonly counters: Pick<ControllerCounters, 'read'>;
  /** RFC 3339. */
  readonly now: () => string;
}

export function metricsRoute(sources: MetricsSources): Route {
  const { identity, fleet, rollouts, keepingProblem, enrolment, events, counters, now } = sources;
  return {
    method: 'GET',
    path: metricsPath,
    access: 'read',
    handle: () => {
      const { user, system } = process.cpuUsage();
      const metrics = fleetMetricsOf({
        records: fleet.records(),
        summary: summarizeFleet(fleet, now(), keepingProblem()),
        refused: enrolment.counts.counts(),
        role: fleet.role(),
        nowMs: Date.now(),
        rollout: viewRollout(fleet, rollouts),
        events: events.counts(),
        counts: counters.read(),
        ...identity(),
        process: {
          nodeVersion: process.version,
          residentBytes: process.memoryUsage.rss(),
          cpuSeconds: (user + system) / 1e6,
        },
      });
      return { mediaType: expositionType, body: expositionOf(metrics) };
    },
  };
}
