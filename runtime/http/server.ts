/**
 * Serves a route table over node:http: the one list in which a reader finds every resource of an
 * API. Errors go out as problem documents.
 */
import { Buffer } from 'node:buffer';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { AppError } from '../errors.ts';
import { mediaTypeOf, readBody, type BodyLimits } from './body.ts';
import { largeJson } from '../pacing/large-text.ts';
import type { Logger } from '../log/logger.ts';
import { problemMediaType, problemOf } from './problem.ts';
import { peerCredentials, type PeerCredentials } from './peer-credentials.ts';
import { createByteBudget, type ByteBudget } from './byte-budget.ts';

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Without query. */
  readonly path: string;
  /** read: also served to those who may only look. */
  readonly access: 'read' | 'write';
  /** What body it takes; absent: none. */
  readonly body?: BodyLimits;
  /** Costs nothing, and is served where there are too many other requests. */
  readonly isCheap?: true;
  handle(request: HttpRequest): Promise<Reply> | Reply;
}

export interface HttpRequest {
  /** Of the socket that it came by. */
  readonly access: 'read' | 'write';
  readonly query: URLSearchParams;
  readonly headers: Readonly<IncomingMessage['headers']>;
  /** Empty where the route takes none. */
  readonly body: string;
  /** Without parameters, lower case; undefined where there is no body. */
  readonly mediaType: string | undefined;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** Who is at the other end, from the kernel; undefined: nobody can tell. Never rejects. */
  readonly caller: () => Promise<PeerCredentials | undefined>;
}

export interface Reply {
  /** Default 200. */
  readonly status?: number;
  readonly mediaType: string;
  /** Text, or what it is in UTF-8. */
  readonly body: string | Buffer;
}

export interface RequestListenerOptions {
  /** read: serves the reading routes only. */
  readonly access: 'read' | 'write';
  readonly logger: Pick<Logger, 'error'>;
  /** Absent: for tests, without bounds. */
  readonly bounds?: RequestBounds;
}

/** What all requests of one server share. */
export interface RequestBounds {
  /** How many are worked on at once, also for clients that went away meanwhile. */
  readonly requests: number;
  readonly bodies: ByteBudget;
  /** Of answers that wait to be read; small ones do not count. */
  readonly answers: ByteBudget;
}

const unbounded: RequestBounds = {
  requests: Infinity,
  bodies: createByteBudget(Infinity),
  answers: createByteBudget(Infinity),
};
/** The kernel takes as much for a client that does not read. */
const smallAnswerBytes = 32 * 1024;

export function json(value: unknown, status = 200): Reply {
  return { status, mediaType: 'application/json', body: JSON.stringify(value) };
}

/** For what may be large: other requests are served while its text is made. */
export async function jsonInTurns(value: unknown, status = 200): Promise<Reply> {
  return { status, mediaType: 'application/json', body: await largeJson(value) };
}

export function createRequestListener(
  routes: readonly Route[],
  options: RequestListenerOptions,
): RequestListener {
  const table = indexRoutes(routes);
  const { access } = options;
  const bounds = options.bounds ?? unbounded;
  let running = 0;
  const fail = (message: IncomingMessage, response: ServerResponse, error: unknown): void => {
    if (!(error instanceof AppError)) {
      options.logger.error('a request failed', { error: stackOf(error) });
    }
    sendError(response, message, error);
  };
  const answer = async (
    { route, query }: FoundRoute,
    message: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const held = heldOf(bounds.bodies);
    running += 1;
    try {
      const body = await readBody(message, route.body, held);
      const reply = await route.handle(new Request(message, response, { access, query, body }));
      send(response, message, reply, bounds.answers);
    } catch (error) {
      fail(message, response, error);
    } finally {
      running -= 1;
      held.giveBack();
    }
  };
  return (message, response) => {
    try {
      const found = findRoute(table, message, access);
      if (running >= bounds.requests && found.route.isCheap !== true) throw tooManyRequests();
      void answer(found, message, response);
    } catch (error) {
      fail(message, response, error);
    }
  };
}

/** Makes what few handlers ask for only when it is asked for. */
class Request implements HttpRequest {
  readonly access: HttpRequest['access'];
  readonly body: string;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #query: string;

  constructor(
    message: IncomingMessage,
    response: ServerResponse,
    { access, query, body }: Pick<HttpRequest, 'access' | 'body'> & { readonly query: string },
  ) {
    this.#message = message;
    this.#response = response;
    this.#query = query;
    this.access = access;
    this.body = body;
  }

  get query(): URLSearchParams {
    return new URLSearchParams(this.#query);
  }

  get headers(): HttpRequest['headers'] {
    return this.#message.headers;
  }

  get mediaType(): string | undefined {
    return mediaTypeOf(this.#message);
  }

  get caller(): HttpRequest['caller'] {
    return () => peerCredentials(this.#message.socket);
  }

  get signal(): AbortSignal {
    return goneSignal(this.#response);
  }
}

type RouteTable = ReadonlyMap<string, ReadonlyMap<string, Route>>;

function indexRoutes(routes: readonly Route[]): RouteTable {
  const table = new Map<string, Map<string, Route>>();
  for (const route of routes) {
    const methods = table.get(route.path) ?? new Map<string, Route>();
    table.set(route.path, methods.set(route.method, route));
  }
  return table;
}

interface FoundRoute {
  readonly route: Route;
  /** Without the question mark. */
  readonly query: string;
}

function findRoute(
  table: RouteTable,
  message: IncomingMessage,
  access: 'read' | 'write',
): FoundRoute {
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const methods = table.get(path);
  if (methods === undefined) {
    throw new AppError('not-found', `cannot find "${path.slice(0, 200)}": no such resource`);
  }
  const method = message.method === 'HEAD' ? 'GET' : (message.method ?? '');
  const route = methods.get(method);
  if (route === undefined) {
    const allowed = [...methods.keys()].join(', ');
    throw new AppError('method-not-allowed', `cannot ${method} "${path}": it takes ${allowed}`);
  }
  if (access === 'read' && route.access === 'write') {
    throw new AppError(
      'access-denied',
      `cannot ${method} "${path}": this socket is for reading only`,
    );
  }
  return { route, query: mark < 0 ? '' : url.slice(mark + 1) };
}

function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

/** @param budget absent: the answer is small */
function send(
  response: ServerResponse,
  message: IncomingMessage,
  reply: Reply,
  budget?: ByteBudget,
): void {
  const content = contentOf(reply);
  const length = Buffer.byteLength(content);
  if (budget !== undefined && length > smallAnswerBytes && !response.destroyed) {
    if (!budget.take(length)) throw tooMuchUnread();
    response.once('close', () => budget.give(length));
  }
  response.writeHead(reply.status ?? 200, {
    'content-type': reply.mediaType,
    'content-length': length,
  });
  response.end(message.method === 'HEAD' ? undefined : content);
}

const contents = new WeakMap<Reply, Buffer>();

/** A large answer that several clients get is there once, however slowly they read it. */
function contentOf(reply: Reply): string | Buffer {
  if (reply.body.length <= smallAnswerBytes || typeof reply.body !== 'string') return reply.body;
  const known = contents.get(reply);
  if (known !== undefined) return known;
  const content = Buffer.from(reply.body);
  contents.set(reply, content);
  return content;
}

/** What one request took of a budget, to be given back as a whole. */
function heldOf(budget: ByteBudget): Pick<ByteBudget, 'take'> & { giveBack(): void } {
  let held = 0;
  return {
    take: (bytes) => {
      const isThere = budget.take(bytes);
      if (isThere) held += bytes;
      return isThere;
    },
    giveBack: () => budget.give(held),
  };
}

function tooManyRequests(): AppError {
  const message = 'cannot answer now: too many requests are being worked on; try again';
  return new AppError('busy', message, { retryable: true });
}

function tooMuchUnread(): AppError {
  const message = 'cannot answer now: too many answers wait to be read; try again';
  return new AppError('busy', message, { retryable: true });
}

function sendError(response: ServerResponse, message: IncomingMessage, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const problem = problemOf(error);
  // What is left of the body is thrown away as it comes: closing now would take the answer along.
  message.resume();
  const body = JSON.stringify(problem);
  send(response, message, { status: problem.status, mediaType: problemMediaType, body });
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
