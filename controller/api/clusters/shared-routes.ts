/** The routes of the process, which belong to no cluster. */
import { clusterMetrics, type NamedMetrics } from '../../app/metrics/cluster-metrics.ts';
import { json, type HttpRequest, type Route } from '../../../runtime/http/route.ts';
import { expositionReply, metricsPath } from '../metrics-route.ts';
import type { ControllerStatus } from '../routes.ts';

/**
 * serving: agents may connect. standby: another controller leads. unknown: its store cannot be read.
 * starting: nobody knows yet. failed: it cannot be served, and is tried again.
 */
export type ClusterState = 'serving' | 'standby' | 'unknown' | 'starting' | 'failed';

export interface ClusterView {
  readonly name: string;
  readonly state: ClusterState;
  /** The reason of the states starting, unknown and failed, or a fault found while it is served. */
  readonly problem?: string;
  /** `host:port` of its agents. Absent where it is not known: it does not run. */
  readonly listen?: string;
  readonly tls?: boolean;
  /** Numbers of nodes; absent: nobody knows. */
  readonly known?: number;
  readonly connected?: number;
  /** The number of its newest revision. */
  readonly revision?: number;
}

/** GET /v1/clusters */
export interface ClustersAnswer {
  readonly clusters: readonly ClusterView[];
}

export interface ListedCluster {
  readonly name: string;
  view(): ClusterView;
  /** Undefined: it is not served. */
  metrics(): NamedMetrics['metrics'] | undefined;
}

export function clustersRoute(clusters: readonly ListedCluster[]): Route {
  return {
    method: 'GET',
    path: '/v1/clusters',
    access: 'read',
    isCheap: true,
    handle: ({ client }) => {
      const views = visible(clusters, client).map((cluster) => cluster.view());
      // The reason may name files of the machine.
      const shown = client === undefined ? views : views.map(withoutReason);
      return json({ clusters: shown } satisfies ClustersAnswer);
    },
  };
}

/** Where several clusters are served, these have to answer for all. */
export function processRoutes(clusters: readonly ListedCluster[]): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/health',
      access: 'read',
      query: 'any',
      isCheap: true,
      handle: () => json({ status: 'ok' }),
    },
    {
      method: 'GET',
      path: metricsPath,
      access: 'read',
      query: 'any',
      handle: ({ client }) => {
        const named = visible(clusters, client).map(({ name, metrics }) => ({
          name,
          metrics: metrics(),
        }));
        return expositionReply(clusterMetrics(named));
      },
    },
  ];
}

function visible(
  clusters: readonly ListedCluster[],
  client: HttpRequest['client'],
): readonly ListedCluster[] {
  if (client === undefined) return clusters;
  return clusters.filter(({ name }) => client.clusters?.includes(name));
}

function withoutReason(view: ClusterView): ClusterView {
  if (view.state !== 'failed' && view.state !== 'starting') return view;
  const { problem: _reason, ...rest } = view;
  return rest;
}

/** @param status of a cluster that is started */
export function viewOf(
  status: ControllerStatus,
  role: 'leader' | undefined | 'standby',
): ClusterView {
  const { cluster: name, problem, listen, tls, known, connected, revision } = status;
  const state: ClusterState = role === 'leader' ? 'serving' : (role ?? 'unknown');
  const view = { name, state, ...(problem !== undefined && { problem }), listen, tls };
  if (role !== 'leader') return view;
  return { ...view, known, connected, ...(revision && { revision: revision.number }) };
}
