/**
 * An HTTP server that bounds every connection, byte and wait, so that no client can fill or block
 * it.
 */
import http from 'node:http';
import type https from 'node:https';
import type { Socket } from 'node:net';
import { reasonOf, systemCodeOf } from '../errors.ts';
import { createRequestListener, type RequestListenerOptions } from './server.ts';
import type { Route } from './route.ts';
import type { Logger } from '../log/logger.ts';
import { limitRepeats } from '../pacing/repeat-limit.ts';
import { createAnswerRoom } from './answer-room.ts';
import { createByteBudget } from './byte-budget.ts';
import { boundConnections } from './connections.ts';
import type { ServingLimits } from './limits.ts';

export interface BoundedServerOptions {
  /** For the log: `status.sock`. */
  readonly name: string;
  readonly access: 'read' | 'write';
  readonly limits: ServingLimits;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
  /** Finds routes by their paths. Default: exactPaths. */
  readonly paths?: RequestListenerOptions['paths'];
  /** Absent: every client may use all routes of this access. */
  readonly gate?: RequestListenerOptions['gate'];
  /** Makes a server with TLS; absent: it speaks none. The agent does not load `node:https`. */
  readonly createTls?: (options: http.ServerOptions) => https.Server;
}

export type BoundedServer = http.Server | https.Server;

const maxHeaderBytes = 8 * 1024;
/** How often the server checks which request takes too long. */
const lookMs = 500;

export function createBoundedServer(
  routes: readonly Route[],
  { name, access, limits, logger, paths, gate, createTls }: BoundedServerOptions,
): BoundedServer {
  const due = limitRepeats();
  /** Logs one line of a kind per minute, with a count, because any client can cause them. */
  const misused = (how: string): void => {
    const count = due(how, performance.now());
    if (count === undefined) return;
    logger.warn(`closed a connection to ${name}: ${how}`, count > 1 ? { count } : {});
  };
  const create = createTls ?? http.createServer;
  const server = create({
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: lookMs,
  });
  const listener = createRequestListener(routes, {
    access,
    logger,
    ...(paths !== undefined && { paths }),
    ...(gate !== undefined && { gate }),
    bounds: {
      requests: limits.requests,
      bodies: createByteBudget(limits.bodyBytes),
      answers: createAnswerRoom(limits),
    },
  });
  const event = createTls === undefined ? 'connection' : 'secureConnection';
  boundConnections(server, event, listener, { ...limits, misused });
  server.on('clientError', (error, socket) => {
    if (systemCodeOf(error) === 'ERR_HTTP_REQUEST_TIMEOUT') misused('a request that does not end');
    hangUp(error, socket);
  });
  // Without a listener a failed accept (no file descriptors left) would end the daemon.
  server.on('error', (error) => {
    if (server.listening) misused(`it could not be accepted: ${reasonOf(error)}`);
  });
  return server;
}

/** Stops listening and ends the open connections too. Resolves also for a server that never listened. */
export function closeAtOnce(
  server: Pick<http.Server, 'close' | 'closeAllConnections'>,
): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Ends a connection as node:http does by default: a short answer if none has begun. */
function hangUp(error: Error, socket: Socket | NodeJS.WritableStream): void {
  const statuses: Readonly<Record<string, string>> = {
    HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
    ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  };
  const status = statuses[systemCodeOf(error) ?? ''] ?? '400 Bad Request';
  if (socket.writable) socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
  if ('destroy' in socket) socket.destroy();
}
