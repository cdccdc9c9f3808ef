/**
 * Serves a route table over node:http, which lists every resource of an API. Errors become problem
 * documents.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { AppError } from '../errors.ts';
import { mediaTypeOf, readBody } from './body.ts';
import type { Logger } from '../log/logger.ts';
import { peerCredentials } from './peer-credentials.ts';
import type { Client, HttpRequest, Route } from './route.ts';
import { exactPaths, findRoute, type FoundRoute, type PathTable } from './route-table.ts';
import { requireKnownParameters } from './request/known-parameters.ts';
import { sendError, sendReply } from './send-reply.ts';
import { createAnswerRoom, type AnswerRoom } from './answer-room.ts';
import { createByteBudget, type ByteBudget } from './byte-budget.ts';

export interface RequestListenerOptions {
  /** read: serves the reading routes only. */
  readonly access: 'read' | 'write';
  readonly logger: Pick<Logger, 'error'>;
  /** Finds routes by their paths. Default: exactPaths. */
  readonly paths?: (routes: readonly Route[]) => PathTable;
  /**
   * Authenticates clients, and refuses those who may not use the route, before their body is read.
   * Absent: only permitted users can open the socket.
   */
  readonly gate?: Gate;
  /** Absent: for tests, without bounds. */
  readonly bounds?: RequestBounds;
}

/**
 * @param asked `again`: it has let this request in before, and its answer waited
 * @throws AppError to refuse the request
 */
export type Gate = (
  route: Route,
  message: IncomingMessage,
  asked?: 'again',
) => Promise<Client> | Client;

/** The bounds that all requests of one server share. */
export interface RequestBounds {
  /** Requests in work at the same time, also for clients that went away meanwhile. */
  readonly requests: number;
  readonly bodies: ByteBudget;
  readonly answers: AnswerRoom;
}

const unbounded: RequestBounds = {
  requests: Infinity,
  bodies: createByteBudget(Infinity),
  answers: createAnswerRoom({ answerBytes: Infinity, roomMs: 0 }),
};
export function createRequestListener(
  routes: readonly Route[],
  options: RequestListenerOptions,
): RequestListener {
  const { access, gate, paths = exactPaths } = options;
  const table = paths(routes);
  const bounds = options.bounds ?? unbounded;
  let running = 0;
  const fail = (message: IncomingMessage, response: ServerResponse, error: unknown): void => {
    if (!(error instanceof AppError)) {
      options.logger.error('a request failed', { error: stackOf(error) });
    }
    sendError(response, message, error);
  };
  const answer = async (
    { route, query, parameters }: FoundRoute,
    message: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const held = heldOf(bounds.bodies);
    running += 1;
    const caller = callerOf(message, gate === undefined && isChange(route));
    try {
      const client = await gate?.(route, message);
      requireKnownParameters(route, query);
      const body = await readBody(message, route.body, held);
      const parts = { access, parameters, query, body, caller };
      const known = client !== undefined && { client };
      const request = new Request(message, response, { ...parts, ...known });
      const answered = await bounds.answers.hold({
        make: async () => {
          const reply = await route.handle(request);
          // Whoever was revoked while the answer waited does not get it.
          if (waits(route, query) && !request.signal.aborted) await gate?.(route, message, 'again');
          return reply;
        },
        mayRepeat: route.method === 'GET',
        gone: () => request.signal,
      });
      sendReply(response, message, answered);
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

function isChange({ access, method }: Route): boolean {
  return access === 'write' && method !== 'GET';
}

/** Whether it waits for news, to read them; the outcome of a change belongs to who made it. */
function waits({ method, query: known = [] }: Route, query: string): boolean {
  return method === 'GET' && known.includes('wait') && new URLSearchParams(query).has('wait');
}

/**
 * Asks the kernel at most once for a request, so that all parts of it get one answer. For a change
 * it asks when the request arrives: a client that leaves later is known nevertheless.
 */
function callerOf({ socket }: IncomingMessage, asksNow: boolean): HttpRequest['caller'] {
  let asked = asksNow ? peerCredentials(socket) : undefined;
  return () => (asked ??= peerCredentials(socket));
}

interface RequestParts extends Pick<
  HttpRequest,
  'access' | 'parameters' | 'body' | 'client' | 'caller'
> {
  readonly query: string;
}

/** A request that computes rarely needed fields only when they are read. */
class Request implements HttpRequest {
  readonly access: HttpRequest['access'];
  readonly parameters: HttpRequest['parameters'];
  readonly body: string;
  readonly client?: Client;
  readonly caller: HttpRequest['caller'];
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #query: string;

  constructor(
    message: IncomingMessage,
    response: ServerResponse,
    { access, parameters, query, body, client, caller }: RequestParts,
  ) {
    this.#message = message;
    this.#response = response;
    this.#query = query;
    this.access = access;
    this.parameters = parameters;
    this.body = body;
    this.caller = caller;
    if (client !== undefined) this.client = client;
  }

  get query(): URLSearchParams {
    const query = new URLSearchParams(this.#query);
    // A person whom the server knows cannot act under another name.
    if (this.client !== undefined) query.set('by', this.client.name);
    return query;
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

function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  // It may have left before this is asked.
  if (response.destroyed && !response.writableFinished) gone.abort();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

/** The part of a budget that one request took, to be given back as a whole. */
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

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
