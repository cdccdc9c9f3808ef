/** The WebSocket endpoint of the agents. The upgrade needs a certificate or the token. */
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { AppError, reasonOf, systemCodeOf } from '../../runtime/errors.ts';
import { closeAtOnce } from '../../runtime/http/bounded-server.ts';
import { RefusedRequest } from '../../runtime/http/refused-request.ts';
import { sendError } from '../../runtime/http/send-reply.ts';
import type { Gate } from '../../runtime/pacing/gate.ts';
import type { AsksToken } from './admission.ts';
import { sessionContext } from './client-certificates.ts';
import type { ListenAddress } from './listen-address.ts';
import { acceptPassed } from './relay/accept-passed.ts';
import { listenAt } from './relay/listen-at.ts';
import { watchStrangers, type StrangerLimits, type Strangers } from './strangers.ts';
import { sessionSeconds, ticketKeysOf, type TicketKeys } from './ticket-keys.ts';
import { createUpgrade, type UpgradeOptions } from './upgrade/upgrade.ts';

/** PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** The authorities that sign agents' certificates; absent: agents have none. */
  readonly clientCa?: string;
}

/** The further ones are ignored: 8 KiB of short headers would take 54 KB. */
const maxHeaders = 64;

export interface AgentsServerOptions extends UpgradeOptions {
  readonly address: ListenAddress;
  /** Absent: the endpoint has no TLS. */
  readonly tls?: Certificate;
  /** With them TLS sessions are resumed over a restart; absent: those of this process alone. */
  readonly ticketKeys?: Pick<TicketKeys, 'current' | 'follow'>;
  readonly strangers: StrangerLimits;
  /** The key of connections that other controllers pass on; absent: there are no others. */
  readonly relayKey?: Buffer;
  /**
   * Upgrades wait at it, as strangers unless they are awaited; other requests are answered that they come too early.
   */
  readonly gate: Gate;
  /** Whether everything but the answer to this request may be done before the gate is open. */
  readonly isAwaited: AsksToken;
  /** Handles requests that are no upgrade; it gets the handler for those that it does not know. */
  readonly requests?: (others: RequestListener) => RequestListener;
}

export interface AgentsServer {
  readonly address: ListenAddress;
  /** Uses the certificate for new connections. @throws AppError, and then keeps the old one */
  useCertificate(certificate: Certificate): void;
  /**
   * Accepts no new agents; resolves when the port is free. The caller ends the agents' connections.
   */
  close(): Promise<void>;
}

export async function serveAgents(options: AgentsServerOptions): Promise<AgentsServer> {
  const { refused: warn, gate } = options;
  const server = createServer(options);
  const strangers = receiveStrangers(server, options);
  const { enter, prepare } = createUpgrade(options, strangers);
  const answer = options.requests?.(upgradeOnly) ?? upgradeOnly;
  server.on('request', (request, response) => {
    // Not held: any number of them, with bodies, may arrive over one connection.
    if (gate.isOpen()) answer(request, response);
    else sendError(response, request, notReady());
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', endAtError);
    // An agent waits for the answer. While its request is held, what it sends would be as well.
    if (head.length > 0) return void socket.destroy();
    if (!gate.isOpen() && options.isAwaited(request)) {
      return prepare(request, socket, { gate, ms: options.strangers.ms });
    }
    const judge = (): void => {
      strangers.judge(request.socket);
      enter(request, socket);
    };
    gate.run(socket, judge, () => strangers.keep(request.socket));
  });
  const address = await listenAt(server, options.address);
  // Without a listener a failed accept (no file descriptors left) would end the daemon.
  server.on('error', (error) => warn(`a connection: ${reasonOf(error)}`, 'unknown'));
  let { tls } = options;
  const useCertificate = (certificate: Certificate): void => {
    if (!(server instanceof HttpsServer)) return;
    server.setSecureContext(usable(() => triedOptions(certificate, options)));
    tls = certificate;
  };
  const endFollowing = options.ticketKeys?.follow(() => {
    if (tls !== undefined) useCertificate(tls);
  });
  return {
    address,
    useCertificate,
    close: () => {
      endFollowing?.();
      const closed = closeAtOnce(server);
      strangers.dismiss();
      gate.dismiss();
      return closed;
    },
  };
}

/** Reads the headers of other controllers before anything counts or judges connections. */
function receiveStrangers(
  server: Server,
  { strangers: limits, clients, relayKey: key, refused: warn }: AgentsServerOptions,
): Strangers {
  if (key !== undefined) {
    acceptPassed(server, {
      key,
      passed: (socket, address) => strangers.recount(socket, () => clients.note(socket, address)),
      refused: (reason, socket) => warn(reason, clients.of(socket)),
    });
  }
  const strangers = watchStrangers(server, limits, {
    dropped: (remote) => warn('too many connections without a certificate or the token', remote),
    clients,
  });
  return strangers;
}

function notReady(): RefusedRequest {
  return new RefusedRequest('not-ready', 'the controller starts; try again later', {
    headers: { 'retry-after': '2', connection: 'close' },
    retryable: true,
  });
}

function upgradeOnly(...[, response]: Parameters<RequestListener>): void {
  response.writeHead(426, { upgrade: 'websocket', connection: 'close' }).end();
}

function endAtError(this: Duplex): void {
  this.destroy();
}

function createServer(options: AgentsServerOptions): Server {
  const server = createPlainOrSecure(options);
  server.maxHeadersCount = maxHeaders;
  return server;
}

function createPlainOrSecure(options: AgentsServerOptions): Server {
  const { tls, strangers } = options;
  const limits = { maxHeaderSize: 8192, headersTimeout: strangers.ms };
  if (tls === undefined) return createHttpServer(limits);
  return usable(() =>
    createHttpsServer({
      ...limits,
      ...secureOptions(tls, options),
      // The upgrade refuses a bad certificate: only there the agent can be told the reason.
      ...(tls.clientCa !== undefined && { requestCert: true, rejectUnauthorized: false }),
      handshakeTimeout: strangers.ms,
    }),
  );
}

function secureOptions(
  { cert, key, clientCa }: Certificate,
  { ticketKeys }: Pick<AgentsServerOptions, 'ticketKeys'>,
): SecureContextOptions {
  const resuming =
    ticketKeys === undefined
      ? {}
      : { ticketKeys: ticketKeysOf(ticketKeys.current(), key), sessionTimeout: sessionSeconds };
  if (clientCa === undefined) return { cert, key, ...resuming };
  return { cert, key, ca: clientCa, sessionIdContext: sessionContext(clientCa), ...resuming };
}

/** @throws where OpenSSL refuses them */
function triedOptions(...given: Parameters<typeof secureOptions>): SecureContextOptions {
  const secured = secureOptions(...given);
  createSecureContext(secured);
  return secured;
}

function usable<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw new AppError(
      'invalid-settings',
      `cannot use the certificate and its key: OpenSSL refuses them (${systemCodeOf(error) ?? 'no code'})`,
      { cause: error },
    );
  }
}

type Server = ReturnType<typeof createHttpServer> | ReturnType<typeof createHttpsServer>;
