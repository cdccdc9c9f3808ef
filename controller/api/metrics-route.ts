/** The route for Prometheus metrics. */
import { expositionOf, expositionType, type Metric } from '../../core/metrics/exposition.ts';
import type { Reply, Route } from '../../runtime/http/route.ts';
import type { FleetEventLog } from '../app/events/fleet-event-log.ts';
import type { Fleet } from '../app/fleet/fleet.ts';
import { summarizeFleet } from '../app/fleet/fleet-view.ts';
import type { RefusedIdentities } from '../app/identity/refused-identities.ts';
import type { ControllerCounters } from '../app/metrics/controller-counters.ts';
import type { OwnCertificates } from '../app/metrics/own-certificate-metrics.ts';
import { fleetMetricsOf } from '../app/metrics/fleet-metrics.ts';
import { viewRollout } from '../app/rollout/rollout-view.ts';
import type { Rollouts } from '../app/rollout/rollouts.ts';
import type { FleetLead } from '../app/store/lead-fleet.ts';

export const metricsPath = '/metrics';

export interface MetricsSources {
  readonly identity: () => { readonly controllerVersion: string; readonly startedAt: string };
  readonly fleet: Fleet;
  readonly rollouts: Pick<Rollouts, 'current' | 'seen' | 'moment' | 'problem'>;
  readonly keepingProblem: () => string | undefined;
  readonly enrolment: { readonly counts: Pick<RefusedIdentities, 'counts'> };
  readonly events: Pick<FleetEventLog, 'counts'>;
  readonly counters: Pick<ControllerCounters, 'read'>;
  /** The times of the controller's own certificates. */
  readonly ownCertificates: () => OwnCertificates;
  /** Says why agents are not passed on to the leader; undefined: this controller is the only one. */
  readonly lead: Pick<FleetLead, 'hindrance'> | undefined;
  /** RFC 3339. */
  readonly now: () => string;
}

export function metricsRoute(sources: MetricsSources): Route {
  return {
    method: 'GET',
    path: metricsPath,
    access: 'read',
    query: 'any',
    handle: () => expositionReply(metricsOf(sources)),
  };
}

export function expositionReply(metrics: readonly Metric[]): Reply {
  return { mediaType: expositionType, body: expositionOf(metrics) };
}

export function metricsOf(sources: MetricsSources): readonly Metric[] {
  const { identity, fleet, rollouts, keepingProblem, enrolment, events, counters, now } = sources;
  const { user, system } = process.cpuUsage();
  return fleetMetricsOf({
    records: fleet.records(),
    summary: summarizeFleet(fleet, now(), keepingProblem()),
    refused: enrolment.counts.counts(),
    role: fleet.role(),
    hindrance: sources.lead?.hindrance(),
    nowMs: Date.now(),
    ownCertificates: sources.ownCertificates(),
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
}
