/** One POST over TLS with JSON, bounded in time and bytes. */
import { request } from 'node:https';
import { AppError } from '../errors.ts';
import { withDeadline, type Deadline } from '../pacing/deadline.ts';
import { connectionReason, mayPass, type ConnectionPlaces } from './connection-reasons.ts';

export interface PostedJson {
  /** `https:` */
  readonly url: URL;
  /** Absent: an empty body. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM; absent: the authorities that this machine trusts. */
  readonly ca?: string;
  /** The certificate of this side with its key, PEM. */
  readonly identity?: { readonly cert: string; readonly key: string };
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  /** For people: the settings that may be wrong. */
  readonly places: ConnectionPlaces;
  /** The other side, for people: `the controller "host:7843"`. */
  readonly what: string;
}

export interface PostedAnswer {
  readonly status: number;
  readonly body: string;
  /** In seconds; absent: the answer has none. */
  readonly retryAfter?: number;
}

/** @throws AppError not-ready, which is retryable where the failure may pass; unexpected-answer */
export function postJson(posted: PostedJson): Promise<PostedAnswer> {
  return withDeadline(posted.timeoutMs, undefined, (deadline) => post(posted, deadline));
}

function post(posted: PostedJson, { signal, isOver }: Deadline): Promise<PostedAnswer> {
  const { url, body = '', headers = {}, ca, identity, maxAnswerBytes, places, what } = posted;
  return new Promise((resolve, reject) => {
    const failed = (error: unknown): void => {
      const reason = isOver() ? 'no answer in time' : connectionReason(error, places);
      reject(
        new AppError('not-ready', `cannot ask ${what}: ${reason ?? 'the connection failed'}`, {
          retryable: isOver() || mayPass(error),
          cause: error,
        }),
      );
    };
    const outgoing = request(
      url,
      {
        method: 'POST',
        signal,
        // A connection of its own, which is not kept.
        agent: false,
        // Set here, so that the environment cannot change it.
        rejectUnauthorized: true,
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
        },
        ...(ca !== undefined && { ca }),
        ...identity,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        let length = 0;
        answer.on('error', failed);
        answer.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > maxAnswerBytes) {
            reject(
              new AppError('unexpected-answer', `cannot ask ${what}: its answer is too large`),
            );
            outgoing.destroy();
          } else chunks.push(chunk);
        });
        answer.on('end', () => {
          const seconds = /^\d{1,5}$/.exec(answer.headers['retry-after'] ?? '')?.[0];
          resolve({
            status: answer.statusCode ?? 0,
            body: Buffer.concat(chunks).toString('utf8'),
            ...(seconds !== undefined && { retryAfter: Number(seconds) }),
          });
        });
      },
    );
    outgoing.on('error', failed);
    outgoing.end(body);
  });
}
