/** Requests to an API server: bounded in number, size and time; refusals as errors. */
import type { Dispatcher } from 'undici';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMap, textAt, listAt } from '../../core/input/plain-data.ts';
import { withDeadline } from '../pacing/deadline.ts';
import { AppError } from '../errors.ts';
import { ApiRefusal, retryAfterOf } from './api-refusal.ts';
import type { ClusterAccess, ClientCertificate } from './access/cluster-access.ts';
import { connectionFailure } from './connection-failure.ts';
import { createConnections, type Connection, type ConnectionSettings } from './connection.ts';
import type { Surroundings } from './access/find-access.ts';
import { createLimit } from '../pacing/limit.ts';
import { readWatchEvents, type WatchEvent } from './watch-events.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import { whyUnreadable, withoutDeepItems } from '../../core/input/deep-items.ts';
import { parseJson, type ParsedJson } from '../../core/input/parse-json.ts';

export interface ApiRequest {
  /** Completes `cannot …`: `read BGPPeer "x"`. */
  readonly what: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/apis/GROUP/VERSION/PLURAL/NAME`, below the server's own path. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly contentType?: string;
  readonly body?: unknown;
  /** The body is what a configuration wants: where the server refuses it, only another one helps. */
  readonly isWanted?: boolean | undefined;
  /** The answer is no JSON, and does not matter. */
  readonly isText?: boolean;
  /** Shorter than the usual deadline. */
  readonly timeoutMs?: number;
}

export interface ApiAnswer {
  readonly status: number;
  readonly data: unknown;
  /** By the server's clock, in ms; absent where it does not say. */
  readonly dateMs?: number;
}

export interface ObjectList {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
}

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

const maxBytes = 64 * 1024 * 1024;
const maxBusyTries = 4;
const longestWaitMs = 5000;
const pageSize = 500;
const maxListTries = 3;

export function createKubernetesClient(
  settings: ConnectionSettings,
  surroundings: Surroundings,
): KubernetesClient {
  const connections = createConnections(settings, surroundings);
  const limit = createLimit(settings.concurrency);

  const sendOnce = async (request: ApiRequest, deadline: AbortSignal): Promise<ApiAnswer> => {
    const connection = await connections.current();
    const { method = 'GET', contentType = 'application/json', body, what, isWanted } = request;
    const answer = await exchange(connection, what, async (headers, server) => {
      const { requests } = connection;
      const response = await requests.request({
        method,
        path: pathOf(server, request.path, request.query),
        headers: {
          ...headers,
          ...(body !== undefined && { 'content-type': contentType }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: deadline,
      });
      return { response, parsed: parseBody(await readText(response, what)) };
    });
    const { response, parsed } = answer;
    const data = parsed.ok ? parsed.data : undefined;
    if (response.statusCode === 401) connections.forget(connection);
    if (response.statusCode < 200 || response.statusCode > 299) {
      const retryAfter = retryAfterOf(headerOf(response, 'retry-after'), data);
      throw new ApiRefusal({ what, isWanted }, response.statusCode, data, retryAfter);
    }
    if (!parsed.ok && request.isText !== true) throw unreadable(what, parsed.reason);
    const dateMs = Date.parse(headerOf(response, 'date') ?? '');
    return { status: response.statusCode, data, ...(!Number.isNaN(dateMs) && { dateMs }) };
  };

  const exchange = async <T>(
    connection: Connection,
    what: string,
    talk: (headers: Record<string, string>, server: string) => Promise<T>,
  ): Promise<T> => {
    const authorization = await connection.credentials.authorization();
    const headers = {
      accept: 'application/json',
      'user-agent': 'calico-agent',
      ...(authorization !== undefined && { authorization }),
    };
    try {
      return await talk(headers, connection.access.server);
    } catch (error) {
      // An ended certificate, another authority: the next one reads them anew.
      if (!(error instanceof AppError)) connections.forget(connection);
      throw connectionFailure(what, connection.access, error);
    }
  };

  /** Refused before anything was done with them, so they may be sent again: no credentials, too busy. */
  const trySending = async (
    request: ApiRequest,
    deadline: AbortSignal,
    endsAt: number,
  ): Promise<ApiAnswer> => {
    let wasUnknown = false;
    for (let tries = 1; ; tries += 1) {
      try {
        return await sendOnce(request, deadline);
      } catch (error) {
        if (!(error instanceof ApiRefusal)) throw error;
        if (error.status === 401 && !wasUnknown) {
          wasUnknown = true;
          continue;
        }
        if (error.status !== 429 || tries >= maxBusyTries) throw error;
        const waitMs = Math.min(error.retryAfterMs ?? 1000, longestWaitMs);
        if (performance.now() + waitMs > endsAt) throw error;
        await sleep(waitMs);
      }
    }
  };

  /** Waiting for a turn counts: who says a deadline means the whole. */
  const send = (request: ApiRequest): Promise<ApiAnswer> => {
    const timeoutMs = request.timeoutMs ?? settings.timeoutMs;
    const endsAt = performance.now() + timeoutMs;
    return withDeadline(timeoutMs, undefined, ({ signal }) =>
      limit.run(() => trySending(request, signal, endsAt)),
    );
  };

  const listOnce = async (what: string, path: string): Promise<ObjectList> => {
    const items: unknown[] = [];
    let next = '';
    for (;;) {
      const page = { limit: pageSize, ...(next !== '' && { continue: next }) };
      const { data } = await send({ what, path, query: page });
      // What is no list is not an empty one: everything would seem to be gone.
      if (!isList(data)) throw unreadable(what, 'it is no list');
      for (const item of listAt(data, 'items')) items.push(item);
      next = textAt(data, 'metadata', 'continue') ?? '';
      const resourceVersion = textAt(data, 'metadata', 'resourceVersion') ?? '';
      if (next === '') return { items, resourceVersion };
    }
  };

  const list = async (what: string, path: string): Promise<ObjectList> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await listOnce(what, path);
      } catch (error) {
        // The pages of so old a list are gone: from the beginning.
        const isExpired = error instanceof ApiRefusal && error.status === 410;
        if (!isExpired || tries === maxListTries) throw error;
      }
    }
  };

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
      const found = await list(what, path);
      for (const item of found.items) {
        const why = whyUnreadable(item);
        if (why !== undefined) throw unreadable(what, why);
      }
      return found;
    },
    listWithStubs: list,
    watch: async ({ what, path, query, silenceMs, signal }) => {
      const connection = await connections.current();
      const response = await exchange(connection, what, (headers, server) =>
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
        const parsed = parseBody(await readText(response, what));
        const data = parsed.ok ? parsed.data : undefined;
        const retryAfter = retryAfterOf(headerOf(response, 'retry-after'), data);
        throw new ApiRefusal({ what }, response.statusCode, data, retryAfter);
      }
      return readWatchEvents(response.body, (error) =>
        connectionFailure(what, connection.access, error),
      );
    },
    access: async () => {
      const { access, credentials } = await connections.current();
      const { certificate } = credentials;
      return { access, ...(certificate !== undefined && { certificate }) };
    },
    close: () => connections.close(),
  };
}

function pathOf(
  server: string,
  path: string,
  query: Readonly<Record<string, string | number | boolean>> = {},
): string {
  const parameters = Object.entries(query).map(([name, value]) => [name, String(value)]);
  const search = new URLSearchParams(Object.fromEntries(parameters)).toString();
  const base = new URL(server).pathname.replace(/\/$/u, '');
  return `${base}${path}${search === '' ? '' : `?${search}`}`;
}

function headerOf({ headers }: Dispatcher.ResponseData, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function readText({ body }: Dispatcher.ResponseData, what: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    length += chunk.length;
    if (length > maxBytes) {
      body.destroy();
      throw new AppError(
        'datastore-failed',
        `cannot ${what}: the answer has more than ${String(maxBytes)} bytes`,
        // What is in the cluster is too much, not what is to be written.
        { retryable: true },
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Not every refusal is JSON: an unknown path gets `404 page not found`. */
function parseBody(text: string): ParsedJson {
  const bounds = jsonBounds.kubernetes;
  const parsed = parseJson(text, bounds);
  if (parsed.ok) return parsed;
  const without = withoutDeepItems(text, bounds);
  return without === undefined ? parsed : parseJson(without, bounds);
}

/** `items` of an empty list may be null, or absent. */
function isList(data: unknown): boolean {
  return isMap(data) && (Array.isArray(data['items'] ?? []) || data['items'] === null);
}

function unreadable(what: string, reason: string): AppError {
  const message = `cannot ${what}: the answer of the API server cannot be used: ${reason}; is there a proxy on the way that answers itself?`;
  return new AppError('unexpected-answer', message, { retryable: true });
}
