/** The client of an API server: bounded in number, size and time; refusals as errors. */
import { whyUnreadable } from '../../core/input/deep-items.ts';
import type { ClientCertificate, ClusterAccess } from './access/cluster-access.ts';
import type { Surroundings } from './access/find-access.ts';
import { readBody, refusalOf, unreadable } from './answer-body.ts';
import { ApiRefusal } from './api-refusal.ts';
import { connectionFailure } from './connection-failure.ts';
import { createConnections, type Connections, type ConnectionSettings } from './connection.ts';
import { exchange, pathOf } from './exchange.ts';
import { listObjects, type ListOptions, type ObjectList } from './list-objects.ts';
import { createRequests, type ApiAnswer, type ApiRequest } from './requests.ts';
import type { ReadingBudget } from '../pacing/reading-budget.ts';
import { readWatchEvents, type WatchEvent } from './watch-events.ts';

export interface WatchRequest {
  readonly what: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | number | boolean>>;
  /** A connection without data for so long counts as dead. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

export interface KubernetesClient {
  /** Sends a request. @throws ApiRefusal, AppError datastore-failed where no answer came */
  send(request: ApiRequest): Promise<ApiAnswer>;
  /** Reads an object; undefined: 404. */
  find(what: string, path: string): Promise<unknown>;
  /**
   * Reads all pages of a list.
   * @param keep what is held of an item; undefined: nothing
   * @throws AppError unexpected-answer where an item cannot be read
   */
  list<T>(
    what: string,
    path: string,
    keep: (item: unknown) => T | undefined,
    budget?: ReadingBudget,
  ): Promise<ObjectList<T>>;
  /** As `list`, but gives a stub for an item that cannot be read: core/input/deep-items.ts. */
  listWithStubs<T>(what: string, path: string, options: ListOptions<T>): Promise<ObjectList<T>>;
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
    list: (what, path, keep, budget) =>
      listObjects(send, what, path, {
        ...(budget !== undefined && { budget }),
        keep: (item) => {
          const why = whyUnreadable(item);
          if (why !== undefined) throw unreadable(what, why);
          return keep(item);
        },
      }),
    listWithStubs: (what, path, options) => listObjects(send, what, path, options),
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
