/**
 * Serves a route table over node:http: the one list in which a reader finds every resource of an
 * API. Errors go out as problem documents.
 */
import { Buffer } from 'node:buffer';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { AppError } from './errors.ts';
import { mediaTypeOf, readBody, type BodyLimits } from './http-body.ts';
import type { Logger } from './logger.ts';
import { problemMediaType, problemOf } from './problem.ts';

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Without query. */
  readonly path: string;
  /** read: also served to those who may only look. */
  readonly access: 'read' | 'write';
  /** What body it takes; absent: none. */
  readonly body?: BodyLimits;
  handle(request: HttpRequest): Promise<Reply> | Reply;
}

export interface HttpRequest {
  readonly query: URLSearchParams;
  readonly headers: Readonly<IncomingMessage['headers']>;
  /** Empty where the route takes none. */
  readonly body: string;
  /** Without parameters, lower case; undefined where there is no body. */
  readonly mediaType: string | undefined;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

export interface Reply {
  /** Default 200. */
  readonly status?: number;
  readonly mediaType: string;
  readonly body: string;
}

export interface RequestListenerOptions {
  /** read: serves the reading routes only. */
  readonly access: 'read' | 'write';
  readonly logger: Pick<Logger, 'error'>;
  /** Called before the route's body is read; throws an AppError to refuse. */
  readonly authorize?: (message: IncomingMessage) => void;
}

export function json(value: unknown, status = 200): Reply {
  return { status, mediaType: 'application/json', body: JSON.stringify(value) };
}

export function createRequestListener(
  routes: readonly Route[],
  options: RequestListenerOptions,
): RequestListener {
  const table = indexRoutes(routes);
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
    try {
      const body = await readBody(message, route.body);
      const reply = await route.handle(new Request(message, response, query, body));
      send(response, message, reply);
    } catch (error) {
      fail(message, response, error);
    }
  };
  return (message, response) => {
    try {
      options.authorize?.(message);
      const found = findRoute(table, message, options.access);
      void answer(found, message, response);
    } catch (error) {
      fail(message, response, error);
    }
  };
}

/** Makes what few handlers ask for only when it is asked for. */
class Request implements HttpRequest {
  readonly body: string;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #query: string;

  constructor(message: IncomingMessage, response: ServerResponse, query: string, body: string) {
    this.#message = message;
    this.#response = response;
    this.#query = query;
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

function send(response: ServerResponse, message: IncomingMessage, reply: Reply): void {
  response.writeHead(reply.status ?? 200, {
    'content-type': reply.mediaType,
    'content-length': Buffer.byteLength(reply.body),
  });
  response.end(message.method === 'HEAD' ? undefined : reply.body);
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
