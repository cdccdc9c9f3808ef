/**
 * Sends requests to the API server, each within a deadline, and again if the server did nothing
 * with them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { withDeadline, type Deadline } from '../pacing/deadline.ts';
import { createLimit } from '../pacing/limit.ts';
import { headerOf, readBody, refusalOf, unreadable } from './answer-body.ts';
import { ApiRefusal } from './api-refusal.ts';
import type { Connections } from './connection.ts';
import { exchange, pathOf } from './exchange.ts';
import { readItems, whyNoList, type ItemReader } from './list-items.ts';

export interface ApiRequest {
  /** Completes `cannot …`: `read BGPPeer "x"`. */
  readonly what: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/apis/GROUP/VERSION/PLURAL/NAME`, below the server's own path. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly contentType?: string;
  /** Default: application/json. */
  readonly accept?: string;
  readonly body?: unknown;
  /**
   * The body comes from a configuration: if the server refuses it, only another configuration
   * helps.
   */
  readonly isFromConfig?: boolean | undefined;
  /** The answer is no JSON, and does not matter. */
  readonly isText?: boolean;
  /** The answer is a list, whose items are read one by one; `data` has the list without them. */
  readonly items?: ItemReader;
  /** Shorter than the usual deadline. */
  readonly timeoutMs?: number;
}

export interface ApiAnswer {
  readonly status: number;
  readonly data: unknown;
  /** The server's time, in ms; absent: the answer has none. */
  readonly dateMs?: number;
}

export type Send = (request: ApiRequest) => Promise<ApiAnswer>;

export interface RequestLimits {
  readonly concurrency: number;
  readonly timeoutMs: number;
}

const maxBusyTries = 4;
const longestWaitMs = 5000;

/** The deadline of a request includes the wait for its turn. */
export function createRequests(
  connections: Connections,
  { concurrency, timeoutMs: usualMs }: RequestLimits,
): Send {
  const limit = createLimit(concurrency);
  return (request) => {
    const timeoutMs = request.timeoutMs ?? usualMs;
    const endsAt = performance.now() + timeoutMs;
    return withDeadline(timeoutMs, undefined, (deadline) =>
      limit.run(() => sendRepeatedly(connections, request, deadline, endsAt)),
    );
  };
}

/**
 * Sends a request again that the server refused before doing anything: no credentials, too busy.
 */
async function sendRepeatedly(
  connections: Connections,
  request: ApiRequest,
  deadline: Deadline,
  endsAt: number,
): Promise<ApiAnswer> {
  let wasUnknown = false;
  for (let tries = 1; ; tries += 1) {
    try {
      return await sendOnce(connections, request, deadline);
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
}

async function sendOnce(
  connections: Connections,
  request: ApiRequest,
  deadline: Deadline,
): Promise<ApiAnswer> {
  const connection = await connections.current();
  const { method = 'GET', contentType = 'application/json', body, what, isFromConfig } = request;
  const accept = request.accept === undefined ? {} : { accept: request.accept };
  const answer = await exchange(connections, connection, what, async (headers, server) => {
    const response = await connection.requests.request({
      method,
      path: pathOf(server, request.path, request.query),
      headers: {
        ...headers,
        ...accept,
        ...(body !== undefined && { 'content-type': contentType }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: deadline.signal,
    });
    const { items } = request;
    if (items === undefined || !isSuccess(response)) {
      return { response, parsed: await readBody(response, what) };
    }
    return { response, parsed: await readItems(response, what, items, deadline) };
  });
  const { response, parsed } = answer;
  if (response.statusCode === 401) connections.forget(connection);
  if (!isSuccess(response)) {
    throw refusalOf({ what, isFromConfig }, response, parsed);
  }
  if (!parsed.ok && request.isText !== true) throw unreadable(what, parsed.reason);
  const data = parsed.ok ? parsed.data : undefined;
  const noList = request.items === undefined ? undefined : whyNoList(data);
  if (noList !== undefined) throw unreadable(what, noList);
  const dateMs = Date.parse(headerOf(response, 'date') ?? '');
  return { status: response.statusCode, data, ...(!Number.isNaN(dateMs) && { dateMs }) };
}

function isSuccess({ statusCode }: Dispatcher.ResponseData): boolean {
  return statusCode >= 200 && statusCode <= 299;
}
