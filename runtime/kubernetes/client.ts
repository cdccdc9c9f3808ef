/** The client of an API server: bounded in number, size and time; refusals as errors. */
import { whyUnreadable } from '../../core/input/deep-items.ts';
import type { ClientCertificate, ClusterAccess } from './access/cluster-access.ts';
import type { Surroundings } from './access/find-access.ts';
import { readBody, refusalOf, unreadable } from './answer-body.ts';
import { ApiRefusal } from './api-refusal.ts';
import { connectionFailure } from './connection-failure.ts';
import { createConnections, type Connections, type ConnectionSettings } from './connection.ts';
import { exchange, pathOf } from './exchange.ts';
import { listObjects, type ObjectList } from './list-objects.ts';
import { createRequests, type ApiAnswer, type ApiRequest } from './requests.ts';
import { readWatchEvents, type WatchEvent } from './watch-events.ts';

export interface WatchRequest {
  readonly what: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | number | boolean>>;
  /** Nothing for so long: the connection is dead. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

export interface KubernetesClient {
  /** @throws ApiRefusal, AppError datastore-failed where no answer came */
  send(request: ApiRequest): Promise<ApiAnswer>;
  /** undefined: 404. */
  find(what: string, path: string): Promise<unknown>;
  /** All pages. @throws AppError unexpected-answer where an item cannot be read */
  list(what: string, path: string): Promise<ObjectList>;
  /** As `list`; an item that cannot be read is a stub of it: see core/input/deep-items.ts. */
  listWithStubs(what: string, path: string): Promise<ObjectList>;
  /** Resolves when the server has begun to answer. */
  watch(request: WatchRequest): Promise<AsyncIterable<WatchEvent>>;
  access(): Promise<{
    readonly access: ClusterAccess;
    readonly certificate?: ClientCertificate;
  }>;
  close(): Promise<void>;
}

export function createKubernetesClient(
  settings: ConnectionSettings,
  surroundings: Surroundings,
): KubernetesClient {
  const connections = createConnections(settings, surroundings);
  const send = createRequests(connections, settings);
  return {
    send,
    find: async (what, path) => {
      try {
        return (await send({ what, path })).data;
      } catch (error) {
        if (error instanceof ApiRefusal && error.status === 404) return undefined;
        throw error;
      }
    },
    list: async (what, path) => {
      const found = await listObjects(send, what, path);
      for (const item of found.items) {
        const why = whyUnreadable(item);
        if (why !== undefined) throw unreadable(what, why);
      }
      return found;
    },
    listWithStubs: (what, path) => listObjects(send, what, path),
    watch: (request) => openWatch(connections, request),
    access: async () => {
      const { access, credentials } = await connections.current();
      const { certificate } = credentials;
      return { access, ...(certificate !== undefined && { certificate }) };
    },
    close: () => connections.close(),
  };
}

async function openWatch(
  connections: Connections,
  { what, path, query, silenceMs, signal }: WatchRequest,
): Promise<AsyncIterable<WatchEvent>> {
  const connection = await connections.current();
  const response = await exchange(connections, connection, what, (headers, server) =>
    connection.watches.request({
      method: 'GET',
      path: pathOf(server, path, { ...query, watch: true }),
      headers,
      bodyTimeout: silenceMs,
      signal,
    }),
  );
  if (response.statusCode !== 200) {
    if (response.statusCode === 401) connections.forget(connection);
    throw refusalOf({ what }, response, await readBody(response, what));
  }
  return readWatchEvents(response.body, (error) =>
    connectionFailure(what, connection.access, error),
  );
}
