/** The route for Prometheus metrics. */
import { expositionOf, expositionType } from '../../core/metrics/exposition.ts';
import type { Route } from '../../runtime/http/route.ts';
import type { Fleet } from '../app/fleet/fleet.ts';
import type { FleetSummary } from '../app/fleet/fleet-view.ts';
import type { RefusedIdentities } from '../app/identity/refused-identities.ts';
import { fleetMetricsOf } from '../app/metrics/fleet-metrics.ts';

export const metricsPath = '/metrics';

export interface MetricsSources {
  readonly identity: { readonly controllerVersion: string; readonly startedAt: string };
  readonly fleet: Pick<Fleet, 'records' | 'role'>;
  readonly summary: () => FleetSummary;
  readonly refusals: Pick<RefusedIdentities, 'counts'>;
}

export function metricsRoute({ identity, fleet, summary, refusals }: MetricsSources): Route {
  const { controllerVersion, startedAt } = identity;
  return {
    method: 'GET',
    path: metricsPath,
    access: 'read',
    handle: () => {
      const { user, system } = process.cpuUsage();
      const metrics = fleetMetricsOf({
        records: fleet.records(),
        summary: summary(),
        refused: refusals.counts(),
        leads: fleet.role() === 'leader',
        controllerVersion,
        startedAt,
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
