/** Metrics on a port of the loopback interface, for a Prometheus on this machine. */
import type { Server } from 'node:http';
import { AppError, fromSystemError } from '../errors.ts';
import { createBoundedServer } from './bounded-server.ts';
import type { ServingLimits } from './limits.ts';
import type { Route } from './route.ts';
import type { Logger } from '../log/logger.ts';
import { loopbackPort } from '../network/loopback-port.ts';

const limits: ServingLimits = {
  connections: 16,
  pipelined: 2,
  requests: 16,
  bodyBytes: 0,
  answerBytes: 4 * 1024 * 1024,
  roomMs: 3000,
  headersMs: 3000,
  requestMs: 3000,
  idleMs: 65_000,
  answerMs: 5000,
};

/** @param listen `127.0.0.1:9469`, `[::1]:9469` @throws AppError */
export async function openMetricsPort(
  listen: string,
  route: Route,
  logger: Logger,
): Promise<Server> {
  const what = `cannot serve metrics on "${listen}"`;
  const address = loopbackPort(listen);
  if (typeof address === 'string') throw new AppError('invalid-settings', `${what}: ${address}`);
  const { host, port } = address;
  const server = createBoundedServer([route], {
    name: 'the port of metrics',
    access: 'read',
    limits,
    logger,
  });
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => reject(fromSystemError(what, error));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve();
    });
  });
  return server;
}
