/** An agent, or a controller, on a real unix socket, with the answers of a test. */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { parse } from 'yaml';
import type { HttpRequest, Reply, Route } from '../../../runtime/http/route.ts';
import { createRequestListener } from '../../../runtime/http/server.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { listenOnSocket } from '../../../runtime/http/unix-socket.ts';
import { describedQueries } from '../../support/described-query.ts';
import { inFolder } from './run-command.ts';
import { closeAtOnce } from '../../../runtime/http/bounded-server.ts';

/** `PUT /v1/config` → its answer. */
export type Script = Readonly<Record<string, (request: HttpRequest) => Reply | Promise<Reply>>>;

export interface ScriptedAgent {
  readonly socket: string;
  /** Every request, in order. */
  readonly requests: readonly SeenRequest[];
}

export interface SeenRequest {
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
  readonly mediaType: string | undefined;
}

/** A command that sends a query parameter which its daemon does not have is refused, as by the daemon. */
const described = ['agent', 'controller'].map((daemon) =>
  describedQueries(parse(readFileSync(path.resolve(`schemas/${daemon}-api.openapi.yaml`), 'utf8'))),
);

export async function withAgent<T>(
  script: Script,
  use: (agent: ScriptedAgent) => Promise<T>,
): Promise<T> {
  return inFolder(async (folder) => {
    const socket = path.join(folder, 'agent.sock');
    const requests: SeenRequest[] = [];
    const server = await listen(socket, script, ({ query, body, mediaType }) => {
      requests.push({ query: Object.fromEntries(query), body, mediaType });
    });
    try {
      return await use({ socket, requests });
    } finally {
      await closeAtOnce(server);
    }
  });
}

export async function listen(
  socket: string,
  script: Script,
  note: (request: HttpRequest) => void = () => undefined,
): Promise<http.Server> {
  const routes = Object.entries(script).map(([line, answer]) => routeOf(line, answer, note));
  const server = http.createServer(
    createRequestListener(routes, { access: 'write', logger: silentLogger }),
  );
  await listenOnSocket(server, socket, { mode: 0o600 });
  return server;
}

/** Beside all read-only requests. */
function takesBody(line: string): boolean {
  return /^(PUT|POST) /.test(line) && !bodiless.has(line);
}

const bodiless = new Set(['POST /v1/adopt', 'POST /v1/release', 'POST /v1/drift/correct']);

function routeOf(
  line: string,
  answer: Script[string],
  note: (request: HttpRequest) => void,
): Route {
  const [method, resource] = line.split(' ');
  const known = (['GET', 'PUT', 'POST', 'DELETE'] as const).find((one) => one === method);
  if (known === undefined || resource === undefined) {
    throw new Error(`not a request line: ${line}`);
  }
  const mediaTypes = ['application/yaml', 'application/json'];
  return {
    method: known,
    path: resource,
    access: 'write',
    query: described.flatMap((queries) => queries.get(line) ?? []),
    ...(takesBody(line) ? { body: { maxBytes: 1024 * 1024, mediaTypes } } : {}),
    handle: (request) => {
      note(request);
      return answer(request);
    },
  };
}
