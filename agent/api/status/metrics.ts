/** The route for Prometheus metrics; the first request loads their code. */
import type { Reply } from '../../../runtime/http/route.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Counters } from '../../app/metrics/counters.ts';
import type { ReadingRoute } from '../routing/agent-route.ts';

export interface MetricsSources {
  status(): AgentStatus;
  readonly counters: Pick<Counters, 'read'>;
}

export function metricsRoute(sources: () => Promise<MetricsSources>): ReadingRoute {
  return {
    method: 'GET',
    path: '/metrics',
    access: 'read',
    query: 'any',
    handle: async () => metricsReply(await sources()),
  };
}

async function metricsReply({ status, counters }: MetricsSources): Promise<Reply> {
  const [{ metricsOf }, { expositionOf, expositionType }] = await Promise.all([
    import('../../app/metrics/metrics.ts'),
    import('../../../core/metrics/exposition.ts'),
  ]);
  const { user, system } = process.cpuUsage();
  const metrics = metricsOf({
    status: status(),
    counted: counters.read(),
    process: {
      nodeVersion: process.version,
      residentBytes: process.memoryUsage.rss(),
      cpuSeconds: (user + system) / 1e6,
    },
  });
  return { mediaType: expositionType, body: expositionOf(metrics) };
}
