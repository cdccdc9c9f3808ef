/** Opens what all clusters of the process share: the socket of the API, HTTPS, and the port of metrics. */
import type { Server } from 'node:http';
import { reasonOf } from '../../runtime/errors.ts';
import { closeAtOnce, createBoundedServer } from '../../runtime/http/bounded-server.ts';
import type { ServingLimits } from '../../runtime/http/limits.ts';
import { openMetricsPort } from '../../runtime/http/metrics-port.ts';
import type { Route } from '../../runtime/http/route.ts';
import type { PathTable } from '../../runtime/http/route-table.ts';
import type { Gate } from '../../runtime/http/server.ts';
import { listenOnSocket } from '../../runtime/http/unix-socket.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import { boundWork } from '../api/clusters/bound-work.ts';
import { clusterPaths } from '../api/clusters/cluster-paths.ts';
import { clustersGate, type NamedLogins } from '../api/clusters/clusters-gate.ts';
import { clustersRoute, processRoutes, type ListedCluster } from '../api/clusters/shared-routes.ts';
import { metricsPath } from '../api/metrics-route.ts';
import { pathPatterns } from '../api/path-patterns.ts';
import { createGate, type GateSurroundings, type Logins } from '../api/people/gate.ts';
import { openHttps, type OpenedHttps } from '../open-https.ts';
import type { ProcessSettings } from '../settings.ts';
import type { RunningCluster } from './start-cluster.ts';

/** A cluster as the entrances see it. */
export interface EnteredCluster extends ListedCluster {
  /** A text: why it is not served now. */
  running(): Pick<RunningCluster, 'routes' | 'logins'> | string;
}

export interface Entrances {
  /** `host:port`; undefined: the API is on the socket only. */
  readonly apiListen: string | undefined;
  /** The times of the certificate that people see; undefined: the API is on the socket only. */
  apiCertificate(): ReturnType<OpenedHttps['certificate']>;
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
/** Bodies of one of several clusters that are held at the same time. */
const clusterBodyBytes = 2 * mib;

/**
 * @param labelled the clusters are listed in the settings, so the metrics name them
 * @throws AppError where another controller listens there
 */
export async function openEntrances(
  { socket, metricsListen, api }: ProcessSettings,
  clusters: readonly EnteredCluster[],
  { labelled }: { readonly labelled: boolean },
  logger: Logger,
): Promise<Entrances> {
  const shared = [clustersRoute(clusters), ...(labelled ? processRoutes(clusters) : [])];
  const limits = limitsFor(clusters.length);
  const { tableOf, gates } = createTables(clusters.length);
  const paths = (routes: readonly Route[]): PathTable =>
    clusterPaths(
      pathPatterns(routes),
      clusters.map((cluster) => ({ name: cluster.name, table: () => tableOf(cluster) })),
    );
  const server = createBoundedServer(shared, {
    name: 'controller.sock',
    access: 'write',
    limits,
    logger,
    paths,
  });
  let https: OpenedHttps | undefined;
  let metrics: Server | undefined;
  const close = async (): Promise<void> => {
    const closing = [https?.close(), ...(metrics === undefined ? [] : [closeAtOnce(metrics)])];
    await Promise.all([closeAtOnce(server), ...closing]);
  };
  try {
    await listenOnSocket(server, socket, { mode: 0o660 });
    const { tokens: hasTokens } = api ?? { tokens: false };
    const gateWith = (surroundings: GateSurroundings): Gate =>
      gates({ clusters, hasTokens, surroundings });
    https = api && (await openHttps(shared, { api, paths, gateWith, limits }, logger));
    metrics = await openMetrics(metricsListen, paths(shared), logger);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    apiListen: https?.listen,
    apiCertificate: () => https?.certificate(),
    reload: async () => https?.reload(),
    close,
  };
}

/** One cluster takes only a part of them, so that the others always have theirs. */
function limitsFor(clusters: number): ServingLimits {
  if (clusters === 1) return apiLimits;
  return { ...apiLimits, bodyBytes: (clusters + 1) * clusterBodyBytes };
}

interface Tables {
  readonly tableOf: (cluster: EnteredCluster) => PathTable | string;
  /** Makes the gate of all routes. */
  readonly gates: (parts: {
    readonly clusters: readonly EnteredCluster[];
    readonly hasTokens: boolean;
    readonly surroundings: GateSurroundings;
  }) => Gate;
}

/** Each start of a cluster has its own routes. */
function createTables(count: number): Tables {
  const tables = new WeakMap<object, PathTable>();
  const owners = new WeakMap<Route, { readonly name: string; readonly logins: Logins }>();
  const tableOf: Tables['tableOf'] = (cluster) => {
    const running = cluster.running();
    if (typeof running === 'string') return running;
    const { routes, logins } = running;
    const known = tables.get(routes);
    if (known !== undefined) return known;
    const bounds = {
      requests: Math.max(2, Math.floor((apiLimits.requests - 4) / count)),
      bodyBytes: clusterBodyBytes,
    };
    const bounded = count === 1 ? routes : boundWork(routes, bounds);
    for (const route of bounded) owners.set(route, { name: cluster.name, logins });
    const table = pathPatterns(bounded);
    tables.set(routes, table);
    return table;
  };
  return {
    tableOf,
    gates: ({ clusters, hasTokens, surroundings }) => {
      const byLogins = new WeakMap<Logins, Gate>();
      const usable = ({ tokens, ...logins }: Logins): Logins => ({
        ...logins,
        ...(hasTokens && tokens !== undefined && { tokens }),
      });
      const gateOf = (logins: Logins): Gate => {
        const gate = byLogins.get(logins) ?? createGate({ ...usable(logins), ...surroundings });
        byLogins.set(logins, gate);
        return gate;
      };
      const loginsOfAll = (): readonly NamedLogins[] =>
        clusters.map((cluster) => {
          const running = cluster.running();
          const { name } = cluster;
          return typeof running === 'string' ? { name } : { name, logins: usable(running.logins) };
        });
      const shared = clustersGate(loginsOfAll, { ...surroundings, hasTokens });
      return (route, message, asked) => {
        const owner = owners.get(route);
        return (owner === undefined ? shared : gateOf(owner.logins))(route, message, asked);
      };
    },
  };
}

/** Opens the port of metrics. A port in use must not keep the controller from its work. */
async function openMetrics(
  listen: string | undefined,
  paths: PathTable,
  logger: Logger,
): Promise<Server | undefined> {
  if (listen === undefined) return undefined;
  const route: Route = {
    method: 'GET',
    path: metricsPath,
    access: 'read',
    // Found for each request, because a cluster may start anew.
    handle: async (request) => {
      const found = paths.find('GET', metricsPath);
      if (found === undefined) throw new Error('the controller has no metrics');
      return found.route.handle(request);
    },
  };
  try {
    return await openMetricsPort(listen, route, logger);
  } catch (error) {
    logger.error(reasonOf(error));
    return undefined;
  }
}
