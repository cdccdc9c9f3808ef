/**
 * An HTTP server with the answers of a test, for answers that a real API server gives only rarely.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeAtOnce } from '../../../runtime/http/bounded-server.ts';

export interface ScriptedServer {
  readonly url: string;
  /** `GET /path?query`, in order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** The nth request gets the nth answer, the last one serves all that follow. */
export async function startScriptedServer(...answers: readonly Answer[]): Promise<ScriptedServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    request.resume().once('end', () => answer?.(request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    requests,
    close: () => closeAtOnce(server),
  };
}

export function json(
  code: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return (_request, response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

export function text(code: number, body: string): Answer {
  return (_request, response) => {
    response.writeHead(code, { 'content-type': 'text/plain' });
    response.end(body);
  };
}

/** An answer of a failing API server. */
export function status(code: number, reason: string, more: object = {}): Answer {
  const body = { kind: 'Status', status: 'Failure', code, reason, message: reason, ...more };
  return json(code, body);
}
