/** The client of a daemon's unix socket, for commands. */
import http from 'node:http';
import { withDeadline } from '../pacing/deadline.ts';
import { AppError, reasonOf, systemCodeOf } from '../errors.ts';
import { errorOfProblem } from './problem.ts';
import { groupOfSocket, pathProblem } from './unix-socket.ts';

export interface ClientRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** The path with its query. */
  readonly path: string;
  readonly body?: string;
  readonly mediaType?: string;
  readonly accept?: string;
  /** Default 30 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly mediaType: string;
  readonly body: string;
}

export interface UnixHttpClientOptions {
  /** The command that starts the daemon, for the message where no program listens. */
  readonly startHint: string;
  /** Default 64 MiB. */
  readonly maxAnswerBytes?: number;
}

export interface UnixHttpClient {
  /**
   * @throws AppError for each answer other than 2xx: the error of its problem document, if it has
   * one
   */
  request(request: ClientRequest): Promise<Answer>;
}

const defaultTimeoutMs = 30_000;
const defaultMaxAnswerBytes = 64 * 1024 * 1024;

export function createUnixHttpClient(
  socket: string,
  options: UnixHttpClientOptions,
): UnixHttpClient {
  return {
    request: async (request) => {
      const { timeoutMs = defaultTimeoutMs, signal } = request;
      const problem = pathProblem(socket);
      if (problem !== undefined) {
        throw new AppError('usage', `cannot connect to "${socket}": ${problem}`);
      }
      const answer = await withDeadline(timeoutMs, signal, async (deadline) => {
        try {
          return await exchange(request, {
            ...options,
            signal: deadline.signal,
            send: (sent, take) => http.request({ ...sent, socketPath: socket }, take),
          });
        } catch (error) {
          if (deadline.isOver()) throw timeoutError(`"${socket}"`, timeoutMs);
          throw await connectionError(socket, error, { ...options, ...request });
        }
      });
      if (answer.status >= 200 && answer.status < 300) return answer;
      throw refusalOf(request, answer);
    },
  };
}

/** The error of an answer other than 2xx. */
export function refusalOf({ method, path }: ClientRequest, { body, status }: Answer): AppError {
  return (
    errorOfProblem(body) ??
    new AppError('unexpected-answer', `cannot ${method} ${path}: the answer was ${String(status)}`)
  );
}

/** Codes of a connection that ended early, or that the network does not make for now. */
const cut: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
]);

/** Whether the other side may be there again later: it restarts, or another one takes over. */
export function isCut(code: string | undefined): boolean {
  return code !== undefined && cut.has(code);
}

/** Why there is no answer, where the connection ended before it. */
export function endedEarly(method: ClientRequest['method']): string {
  const reason = 'the connection ended before the answer';
  return method === 'GET'
    ? reason
    : `${reason}; the change may be stored or not: look at the status before you try again`;
}

export interface Exchange {
  readonly send: (
    options: SentOptions,
    take: (incoming: http.IncomingMessage) => void,
  ) => http.ClientRequest;
  readonly signal: AbortSignal;
  /** Default 64 MiB. */
  readonly maxAnswerBytes?: number;
}

interface SentOptions extends http.RequestOptions {
  readonly headers: http.OutgoingHttpHeaders;
}

/** Sends a request, and reads its answer. @throws the error of the connection */
export function exchange(
  request: ClientRequest,
  { send, signal, maxAnswerBytes = defaultMaxAnswerBytes }: Exchange,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = send(
      {
        path: request.path,
        method: request.method,
        headers: headersOf(request),
        signal,
        // A kept connection may be closed by the daemon just when it is used again.
        agent: false,
      },
      (incoming) => {
        readAnswer(incoming, maxAnswerBytes).then(resolve, reject);
      },
    );
    // More than one may come: a server that refuses a large body answers before it has read it.
    outgoing.on('error', reject);
    outgoing.end(request.body);
  });
}

function headersOf(request: ClientRequest): http.OutgoingHttpHeaders {
  return {
    host: 'localhost',
    accept: request.accept ?? 'application/json',
    ...(request.body === undefined
      ? {}
      : {
          'content-type': request.mediaType ?? 'application/json',
          'content-length': Buffer.byteLength(request.body),
        }),
  };
}

async function readAnswer(incoming: http.IncomingMessage, maxBytes: number): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > maxBytes)
      throw new AppError('unexpected-answer', 'cannot read the answer: it is too large');
    chunks.push(chunk);
  }
  return {
    status: incoming.statusCode ?? 0,
    mediaType: incoming.headers['content-type']?.split(';')[0] ?? '',
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

/** @param place for people */
export function timeoutError(place: string, timeoutMs: number): AppError {
  return new AppError(
    'timeout',
    `cannot wait any longer for ${place}: no answer within ${String(timeoutMs / 1000)} s`,
    { retryable: true },
  );
}

async function connectionError(
  socket: string,
  error: unknown,
  { startHint, method }: Pick<UnixHttpClientOptions, 'startHint'> & Pick<ClientRequest, 'method'>,
): Promise<AppError> {
  if (error instanceof AppError) return error;
  const code = systemCodeOf(error);
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new AppError(
      'not-listening',
      `cannot connect to "${socket}": no program listens there; start it with: ${startHint}`,
      { cause: error, retryable: true },
    );
  }
  if (code === 'EAGAIN') {
    return new AppError(
      'busy',
      `cannot connect to "${socket}": too many others do so at the moment; try again, or with sudo`,
      { cause: error, retryable: true },
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new AppError(
      'access-denied',
      `cannot connect to "${socket}": ${whoMay(await groupOfSocket(socket))}`,
      { cause: error },
    );
  }
  const reason = code === 'ECONNRESET' || code === 'EPIPE' ? endedEarly(method) : reasonOf(error);
  return new AppError('io-failed', `cannot talk to "${socket}": ${reason}`, {
    cause: error,
    retryable: isCut(code),
  });
}

function whoMay(group: string | undefined): string {
  if (group === undefined) {
    return "permission denied; run it as root (sudo) or as a member of the socket's group";
  }
  if (group === 'root') return 'only root may; put sudo in front of the command';
  return `only root and members of the group "${group}" may; put sudo in front of the command, or join the group: sudo usermod -aG ${group} USER`;
}
