/** LXD's REST API on its unix socket: https://documentation.ubuntu.com/lxd/en/latest/rest-api/ */
import { Buffer } from 'node:buffer';
import http from 'node:http';
import { isMap, textAt, type PlainMap } from '../../../core/input/plain-data.ts';
import { withDeadline, type Deadline } from '../../../runtime/pacing/deadline.ts';
import { AppError, reasonOf, systemCodeOf } from '../../../runtime/errors.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';

export interface LxdRequest {
  readonly method: 'GET' | 'PUT';
  /** With query. */
  readonly path: string;
  readonly body?: unknown;
  /** An ETag; the request fails with datastore-conflict if the object has another one by now. */
  readonly ifMatch?: string;
  readonly timeoutMs?: number;
}

export interface LxdAnswer {
  readonly metadata: unknown;
  readonly etag?: string;
  /** The path of the operation that continues in the background: /1.0/operations/…. */
  readonly operation?: string;
}

export interface LxdClient {
  /**
   * @throws AppError; not-found where LXD answers that, invalid-config where it refuses the request
   */
  request(request: LxdRequest): Promise<LxdAnswer>;
}

const defaultTimeoutMs = 60_000;
/** A thousand containers with their state are some 10 MiB. */
const maxAnswerBytes = 128 * 1024 * 1024;
const maxReason = 1000;

export function createLxdClient(socket: string): LxdClient {
  return {
    request: async (request) => {
      const { status, etag, text } = await withDeadline(
        request.timeoutMs ?? defaultTimeoutMs,
        undefined,
        (deadline) => exchange(socket, request, deadline),
      );
      const envelope = parseEnvelope(text, socket);
      if (status >= 200 && status < 300 && envelope['type'] !== 'error') {
        const operation = textAt(envelope, 'operation');
        return {
          metadata: envelope['metadata'],
          ...(etag !== undefined && { etag }),
          ...(operation !== undefined && operation !== '' && { operation }),
        };
      }
      throw refusal(request, status, textAt(envelope, 'error') ?? `it answered ${String(status)}`);
    },
  };
}

interface RawAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly text: string;
}

function exchange(
  socket: string,
  request: LxdRequest,
  { signal, isOver }: Deadline,
): Promise<RawAnswer> {
  const { method, path, body, ifMatch, timeoutMs = defaultTimeoutMs } = request;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    host: 'lxd',
    ...(text !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    }),
    ...(ifMatch !== undefined && { 'if-match': ifMatch }),
  };
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      const reason = isOver() ? `no answer within ${String(timeoutMs / 1000)} s` : reasonFor(error);
      reject(unreachable(socket, reason, error));
    };
    const outgoing = http.request(
      { socketPath: socket, method, path, headers, signal },
      (answer) => {
        readAll(answer).then(
          (all) =>
            resolve({ status: answer.statusCode ?? 0, etag: answer.headers.etag, text: all }),
          fail,
        );
      },
    );
    outgoing.on('error', fail);
    outgoing.end(text);
  });
}

async function readAll(answer: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    if (!Buffer.isBuffer(chunk)) continue;
    length += chunk.length;
    if (length > maxAnswerBytes) throw new Error('its answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseEnvelope(text: string, socket: string): PlainMap {
  const data = jsonValue(text, jsonBounds.lxd);
  if (isMap(data)) return data;
  throw unreachable(socket, 'its answer does not have the form that LXD uses', undefined);
}

function reasonFor(error: unknown): string {
  const code = systemCodeOf(error);
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'no program listens there';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied; it needs root';
  return reasonOf(error);
}

function unreachable(socket: string, reason: string, cause: unknown): AppError {
  return new AppError('datastore-failed', `cannot reach LXD at "${socket}": ${reason}`, {
    retryable: true,
    cause,
  });
}

function refusal({ method, path }: LxdRequest, status: number, error: string): AppError {
  const reason = error.slice(0, maxReason);
  if (status === 404) return new AppError('not-found', `LXD does not find it: ${reason}`);
  if (status === 412) {
    const message = 'somebody else changed it in LXD meanwhile';
    return new AppError('datastore-conflict', message, { retryable: true });
  }
  if (status === 400) return new AppError('invalid-config', `LXD refuses it: ${reason}`);
  const [resource = path] = path.split('?');
  const message = `LXD could not ${method} ${resource}: ${reason}`;
  return new AppError('datastore-failed', message, { retryable: true });
}
