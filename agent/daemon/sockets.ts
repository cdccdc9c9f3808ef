/** The daemon's two sockets: one for its group, and one for all users, who may only read. */
import http from 'node:http';
import { AppError, reasonOf } from '../../runtime/errors.ts';
import type { Route } from '../../runtime/http/route.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import { problemMediaType, problemOf } from '../../runtime/http/problem.ts';
import { closeAtOnce, createBoundedServer } from '../../runtime/http/bounded-server.ts';
import type { ServingLimits } from '../../runtime/http/limits.ts';
import { findGroupId, listenOnDescriptor, listenOnSocket } from '../../runtime/http/unix-socket.ts';
import type { DaemonSettings } from '../settings.ts';

const usualGroup = 'calico-agent';
const mib = 1024 * 1024;

/**
 * Limits for root and the group. The two sockets share neither connections nor bytes, so that this
 * one answers whatever happens on the other.
 */
const agentLimits: ServingLimits = {
  connections: 128,
  pipelined: 16,
  requests: 128,
  // More than the largest single body, a list of node names.
  bodyBytes: 40 * mib,
  answerBytes: 64 * mib,
  roomMs: 20_000,
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 5000,
  answerMs: 30_000,
};

/** Limits for all users of the machine, who may send no bodies. */
const statusLimits: ServingLimits = {
  connections: 32,
  pipelined: 4,
  requests: 32,
  bodyBytes: 0,
  answerBytes: 16 * mib,
  roomMs: 20_000,
  headersMs: 3000,
  requestMs: 3000,
  idleMs: 2000,
  answerMs: 5000,
};

export interface Sockets {
  close(): void;
}

/** Sockets that systemd opened: `agent` and `status`, by FileDescriptorName= of their units. */
export type ActivatedSockets = ReadonlyMap<string, number>;

/**
 * Opens the sockets. One that systemd opened replaces the path in the settings, and has systemd's
 * mode.
 */
export async function openSockets(
  settings: DaemonSettings,
  routes: readonly Route[],
  activated: ActivatedSockets,
  logger: Logger,
): Promise<Sockets> {
  const all = createBoundedServer(routes, {
    name: 'agent.sock',
    access: 'write',
    limits: agentLimits,
    logger,
  });
  const reading = createBoundedServer(routes, {
    name: 'status.sock',
    access: 'read',
    limits: statusLimits,
    logger,
  });
  const sockets = closing([all, reading]);
  try {
    await listen(all, activated.get('agent'), () => openForGroup(all, settings));
    await listen(reading, activated.get('status'), () =>
      listenOnSocket(reading, settings.statusSocket, { mode: 0o666 }),
    );
  } catch (error) {
    sockets.close();
    throw error;
  }
  return sockets;
}

const refusingMs = 1000;

/**
 * For a daemon that cannot start: answers clients on systemd's sockets with the reason, so that
 * they do not start it again and again.
 */
export async function refuseOnSockets(activated: ActivatedSockets, error: unknown): Promise<void> {
  if (activated.size === 0) return;
  const reason = error instanceof AppError ? reasonOf(error) : 'its log says why';
  const problem = problemOf(new AppError('not-ready', `the agent cannot start: ${reason}`));
  const servers = [...activated].map(([, descriptor]) => {
    const server = http.createServer((message, response) => {
      message.resume();
      response.writeHead(problem.status, { 'content-type': problemMediaType, connection: 'close' });
      response.end(JSON.stringify(problem));
    });
    // Passes over a connection that cannot be accepted.
    server.on('error', () => undefined);
    return listenOnDescriptor(server, descriptor).then(() => server);
  });
  const sockets = closing(await Promise.all(servers));
  await new Promise((resolve) => setTimeout(resolve, refusingMs));
  sockets.close();
}

function closing(servers: readonly http.Server[]): Sockets {
  return {
    close: () => {
      for (const server of servers) void closeAtOnce(server);
    },
  };
}

function listen(
  server: http.Server,
  descriptor: number | undefined,
  open: () => Promise<void>,
): Promise<void> {
  return descriptor === undefined ? open() : listenOnDescriptor(server, descriptor);
}

async function openForGroup(
  server: http.Server,
  { socket, socketGroup }: DaemonSettings,
): Promise<void> {
  const group =
    socketGroup ?? ((await findGroupId(usualGroup)) === undefined ? undefined : usualGroup);
  await listenOnSocket(server, socket, { mode: 0o660, ...(group === undefined ? {} : { group }) });
}
