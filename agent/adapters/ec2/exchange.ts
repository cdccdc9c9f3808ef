/** One HTTP request, with a deadline and a bounded answer. Loads TLS only where the address needs it. */
import http from 'node:http';
import type { IncomingMessage } from 'node:http';

export interface WebRequest {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the connection and the whole answer together. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export interface WebAnswer {
  readonly status: number;
  readonly body: string;
}

/** No whole answer came. */
export class NoAnswer extends Error {
  /** A connection was made, so somebody is there. */
  readonly wasConnected: boolean;

  constructor(reason: string, wasConnected: boolean) {
    super(reason);
    this.name = 'NoAnswer';
    this.wasConnected = wasConnected;
  }
}

export type Exchange = (request: WebRequest) => Promise<WebAnswer>;

/** @throws NoAnswer */
export const exchange: Exchange = async (request) => {
  const { url, method, headers, body } = request;
  const { request: begin } = url.protocol === 'https:' ? await import('node:https') : http;
  let wasConnected = false;
  return new Promise<WebAnswer>((resolve, reject) => {
    const fail = (reason: string): void => reject(new NoAnswer(reason, wasConnected));
    const options = { method, headers, agent: false, insecureHTTPParser: false };
    const outgoing = begin(url, options, (incoming) => {
      readBody(incoming, request.maxBytes).then(
        (text) => resolve({ status: incoming.statusCode ?? 0, body: text }),
        (error: unknown) => fail(textOf(error)),
      );
    });
    const timer = setTimeout(() => {
      fail(`no answer within ${String(request.timeoutMs / 1000)} s`);
      outgoing.destroy();
    }, request.timeoutMs);
    outgoing.on('socket', (socket) => {
      const connected = (): void => {
        wasConnected = true;
      };
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
    });
    outgoing.on('error', (error) => fail(textOf(error)));
    outgoing.on('close', () => clearTimeout(timer));
    outgoing.end(body);
  });
};

async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of incoming) {
    const bytes: Buffer = Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece));
    size += bytes.length;
    if (size > maxBytes) throw new Error(`the answer has more than ${String(maxBytes)} bytes`);
    pieces.push(bytes);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Node gives an error without a text where several addresses of a name failed. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
