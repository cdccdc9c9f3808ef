/** Opens the API over HTTPS, for people on other machines. */
import { createServer, type Server } from 'node:https';
import {
  createServer as createPlainServer,
  type AddressInfo,
  type Server as PlainServer,
} from 'node:net';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Validity } from '../core/enrolment/renewal-times.ts';
import { AppError, fromSystemError, reasonOf, systemCodeOf } from '../runtime/errors.ts';
import { closeAtOnce, createBoundedServer } from '../runtime/http/bounded-server.ts';
import type { ServingLimits } from '../runtime/http/limits.ts';
import type { Route } from '../runtime/http/route.ts';
import { silentLogger, type Logger } from '../runtime/log/logger.ts';
import type { Gate } from '../runtime/http/server.ts';
import type { PathTable } from '../runtime/http/route-table.ts';
import { firstToEnd } from '../runtime/tls/check-pem.ts';
import type { GateSurroundings } from './api/people/gate.ts';
import type { Certificate } from './channel/agents-server.ts';
import { sessionContext } from './channel/client-certificates.ts';
import { parseListenAddress } from './channel/listen-address.ts';
import { readTls } from './channel/secrets.ts';
import { watchStrangers } from './channel/strangers.ts';
import { watchFiles } from './channel/watch-files.ts';
import type { ApiSettings } from './settings.ts';

export interface HttpsParts {
  readonly api: ApiSettings;
  readonly paths: (routes: readonly Route[]) => PathTable;
  readonly gateWith: (surroundings: GateSurroundings) => Gate;
  readonly limits: ServingLimits;
}

export interface OpenedHttps {
  /** `host:port` */
  readonly listen: string;
  /** The times of the certificate in use. */
  certificate(): Validity | undefined;
  /** Reads the certificates again; bad files change nothing. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** Connections that have not shown who they are. */
const strangers = { max: 64, ms: 10_000 };
const filesMs = 30_000;
const tlsOnly = { tls: true, plaintextBeyondLoopback: false };

/**
 * Tries what can be wrong without the fleet, before agents are let in: only after that the API has routes.
 * @throws AppError as openHttps
 */
export async function tryHttps(api: ApiSettings): Promise<void> {
  const address = parseListenAddress(api.listen, tlsOnly);
  // openHttps reads the files as well, and logs their warnings.
  const certificate = await readTls(api.tls, silentLogger, 'api');
  usable(() => createSecureContext(secureOptions(certificate)));
  // A free port would be another one the next time.
  if (address.port === 0) return;
  const probe = createPlainServer((socket) => socket.destroy());
  await listenAt(probe, address);
  await new Promise((resolve) => probe.close(resolve));
}

/** @throws AppError where the certificates cannot be used, or nobody can listen there */
export async function openHttps(
  routes: readonly Route[],
  { api, paths, gateWith, limits }: HttpsParts,
  logger: Logger,
): Promise<OpenedHttps> {
  const address = parseListenAddress(api.listen, tlsOnly);
  const read = (): Promise<Certificate> => readTls(api.tls, logger, 'api');
  const first = await read();
  let times = firstToEnd(first.cert);
  let admitted: (socket: Parameters<typeof watched.admit>[0]) => void = () => undefined;
  const gate = gateWith({
    admitted: (socket) => admitted(socket),
    elapsedMs: () => performance.now(),
    logger,
  });
  let server: Server | undefined;
  const bounded = createBoundedServer(routes, {
    name: 'the API over HTTPS',
    access: 'write',
    limits,
    logger,
    paths,
    gate,
    createTls: (options) => {
      server = usable(() =>
        createServer({
          ...options,
          ...secureOptions(first),
          // The request refuses a bad certificate: only there a person can be told the reason.
          ...(first.clientCa !== undefined && { requestCert: true, rejectUnauthorized: false }),
          handshakeTimeout: strangers.ms,
        }),
      );
      return server;
    },
  });
  const watched = watchStrangers(bounded, strangers, {
    dropped: (remote) => logger.debug('ended a connection that did not log in', { remote }),
  });
  admitted = watched.admit;
  const listen = await listenAt(bounded, address);
  logger.info(`people reach the API at https://${listen}`);
  const reload = async (): Promise<void> => {
    try {
      const next = await read();
      server?.setSecureContext(secureOptions(next));
      times = firstToEnd(next.cert);
      logger.info('the certificate of the API was read again');
    } catch (error) {
      logger.error(`the certificate of the API stays as it was: ${reasonOf(error)}`);
    }
  };
  const { certFile, keyFile, clientCaFile } = api.tls;
  const files = [certFile, keyFile, clientCaFile].filter((file) => file !== undefined);
  const look = watchFiles(files, reload);
  void look();
  const timer = setInterval(() => void look(), filesMs);
  return {
    listen,
    certificate: () => times,
    reload,
    close: () => {
      clearInterval(timer);
      const closed = closeAtOnce(bounded);
      watched.dismiss();
      return closed;
    },
  };
}

function secureOptions({ cert, key, clientCa }: Certificate): SecureContextOptions {
  const own: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2' };
  if (clientCa === undefined) return own;
  return { ...own, ca: clientCa, sessionIdContext: sessionContext(clientCa) };
}

function usable<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    const code = systemCodeOf(error) ?? 'no code';
    const message = `cannot use the certificate of the API and its key: OpenSSL refuses them (${code})`;
    throw new AppError('invalid-settings', message, { cause: error });
  }
}

function listenAt(
  server: Pick<PlainServer, 'once' | 'off' | 'listen' | 'address'>,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const what = `cannot listen for the API on ${host}:${String(port)}`;
    const fail = (error: Error): void => reject(fromSystemError(what, error));
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      const bound = server.address();
      const at = isAddressInfo(bound) ? bound.port : port;
      resolve(`${host.includes(':') ? `[${host}]` : host}:${String(at)}`);
    });
  });
}

function isAddressInfo(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
