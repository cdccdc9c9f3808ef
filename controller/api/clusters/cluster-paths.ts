/**
 * Finds the routes of all clusters. Each route of a cluster is found below `/clusters/NAME`; without
 * that it is the route of the only cluster.
 */
import { enrolmentPath, renewalPath } from '../../../core/enrolment/paths.ts';
import { nearestName } from '../../../core/nearest-name.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { HttpRequest, Route } from '../../../runtime/http/route.ts';
import type { FoundPath, PathTable } from '../../../runtime/http/route-table.ts';

export interface RoutedCluster {
  readonly name: string;
  /** The routes; a text: why the cluster is not served now. */
  table(): PathTable | string;
}

/** An agent that asks here has the address of the wrong port. */
const ofAgents: ReadonlySet<string> = new Set([enrolmentPath, renewalPath]);
const noneOfAgents =
  'this address is for people; agents have another one, usually with port 7843: ' +
  'calico-controller status shows it on the machine of the controller (listens)';

const clusterPath = /^\/clusters\/([^/]+)(\/.*)$/s;
/** The longest name of a cluster. */
const longestName = 253;

/** @param shared the routes that belong to no cluster; they go first */
export function clusterPaths(shared: PathTable, clusters: readonly RoutedCluster[]): PathTable {
  const [only] = clusters.length === 1 ? clusters : [];
  const names = clusters.map(({ name }) => name);
  return {
    missing: (path) => (ofAgents.has(path) ? noneOfAgents : undefined),
    find: (method, path) => {
      const [, name, rest = ''] = clusterPath.exec(path) ?? [];
      if (name !== undefined) {
        const named = clusters.find((one) => one.name === name);
        if (named !== undefined) return inCluster(named, method, rest);
        return refusing(method, path, (client) => noCluster(name, known(names, client)));
      }
      const found = shared.find(method, path);
      if (found !== undefined) return found;
      if (only !== undefined) return inCluster(only, method, path);
      if (!isOfACluster(clusters, method, path)) return undefined;
      return refusing(method, path, (client) => severalClusters(known(names, client), path));
    },
  };
}

function inCluster(
  { name, table }: RoutedCluster,
  method: Route['method'],
  path: string,
): FoundPath | undefined {
  const routes = table();
  if (typeof routes !== 'string') return routes.find(method, path);
  return refusing(method, path, (client) => {
    // The reason may name files of the machine.
    const why =
      client === undefined ? routes : 'calico-controller clusters on its machine says why';
    const message = `cannot use the cluster "${name}": it is not served now: ${why}`;
    return new AppError('not-ready', message, { retryable: true });
  });
}

/** A cluster that is not served may have the path. */
function isOfACluster(
  clusters: readonly RoutedCluster[],
  method: Route['method'],
  path: string,
): boolean {
  return clusters.some(({ table }) => {
    const routes = table();
    return typeof routes !== 'string' && routes.find(method, path) !== undefined;
  });
}

/** A route that refuses: so only people who may use the API at all learn the names of clusters. */
function refusing(
  method: Route['method'],
  path: string,
  errorFor: (client: HttpRequest['client']) => AppError,
): FoundPath {
  const route: Route = {
    method,
    path,
    access: 'read',
    role: 'read',
    query: 'any',
    isCheap: true,
    handle: ({ client }) => {
      throw errorFor(client);
    },
  };
  return { route, parameters: {} };
}

/** The clusters that the sender may know of. */
function known(names: readonly string[], client: HttpRequest['client']): readonly string[] {
  return client === undefined ? names : names.filter((name) => client.clusters?.includes(name));
}

function noCluster(given: string, names: readonly string[]): AppError {
  const nearest = nearestName(given, names);
  const guess = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
  const what = `cannot find the cluster "${given.slice(0, longestName)}"${guess}`;
  return new AppError('not-found', `${what}; the clusters are: ${names.join(', ')}`);
}

function severalClusters(names: readonly string[], path: string): AppError {
  const [only] = names.length === 1 ? names : [];
  // The others are not named to a person without a role there.
  const which = only === undefined ? `: ${names.join(', ')}` : `; you have a role in "${only}"`;
  const name = only ?? 'NAME';
  return new AppError(
    'cluster-missing',
    `this controller serves several clusters${which}; name one: --cluster ${name}, or /clusters/${name}${path.slice(0, 200)}`,
  );
}
