/** The daemon's two sockets: one for its group, one for everybody, who may only look. */
import http from 'node:http';
import { createRequestListener, type Route } from '../runtime/http-server.ts';
import type { Logger } from '../runtime/logger.ts';
import { findGroupId, listenOnSocket } from '../runtime/unix-socket.ts';
import type { DaemonSettings } from './settings.ts';

const usualGroup = 'calico-agent';
const maxConnections = 1000;

export interface Sockets {
  close(): void;
}

export async function openSockets(
  { socket, statusSocket, socketGroup }: DaemonSettings,
  routes: readonly Route[],
  logger: Logger,
): Promise<Sockets> {
  const all = serverOf(routes, 'write', logger);
  const reading = serverOf(routes, 'read', logger);
  const close = (): void => {
    for (const server of [all, reading]) {
      server.close();
      server.closeAllConnections();
    }
  };
  try {
    const group =
      socketGroup ?? ((await findGroupId(usualGroup)) === undefined ? undefined : usualGroup);
    await listenOnSocket(all, socket, { mode: 0o660, ...(group === undefined ? {} : { group }) });
    await listenOnSocket(reading, statusSocket, { mode: 0o666 });
  } catch (error) {
    close();
    throw error;
  }
  return { close };
}

function serverOf(routes: readonly Route[], access: 'read' | 'write', logger: Logger): http.Server {
  const server = http.createServer(createRequestListener(routes, { access, logger }));
  server.maxConnections = maxConnections;
  return server;
}
