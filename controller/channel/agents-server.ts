/** The WebSocket endpoint of the agents. The upgrade needs a certificate or the token. */
import {
  createServer as createHttpServer,
  STATUS_CODES,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { WebSocketServer, type WebSocket } from 'ws';
import { agentsPath, maxAgentMessageBytes, subprotocol } from '../../core/protocol/messages.ts';
import { AppError, reasonOf, systemCodeOf } from '../../runtime/errors.ts';
import { closeAtOnce } from '../../runtime/http/bounded-server.ts';
import type { Turns } from '../../runtime/pacing/spread.ts';
import type { Admission, Admit, Refusal } from './admission.ts';
import { sessionContext, type CertifiedNode } from './client-certificates.ts';
import { createHalfMessages } from './half-messages.ts';
import type { ListenAddress } from './listen-address.ts';
import { acceptPassed } from './relay/accept-passed.ts';
import type { ClientAddresses } from './relay/client-addresses.ts';
import { listenAt } from './relay/listen-at.ts';
import { watchStrangers, type StrangerLimits, type Strangers } from './strangers.ts';
import { sessionSeconds, ticketKeysOf, type TicketKeys } from './ticket-keys.ts';

/** PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** The authorities that sign agents' certificates; absent: agents have none. */
  readonly clientCa?: string;
}

export interface AgentsServerOptions {
  readonly address: ListenAddress;
  /** Absent: the endpoint has no TLS. */
  readonly tls?: Certificate;
  /** With them TLS sessions are resumed over a restart; absent: those of this process alone. */
  readonly ticketKeys?: Pick<TicketKeys, 'current' | 'follow'>;
  readonly admit: Admit;
  readonly maxAgents: number;
  readonly maxAgentsPerAddress: number;
  /** Bytes of incomplete messages, of all agents together. */
  readonly maxHalfBytes: number;
  readonly strangers: StrangerLimits;
  readonly clients: ClientAddresses;
  /** The key of connections that other controllers pass on; absent: there are no others. */
  readonly relayKey?: Buffer;
  /** The turns, shared with the messages of agents. */
  readonly turns: Turns;
  /** Handles requests that are no upgrade; it gets the handler for those that it does not know. */
  readonly requests?: (others: RequestListener) => RequestListener;
  /** Called when a connection was refused. */
  readonly refused: (reason: string, remote: string) => void;
  readonly connected: (
    socket: WebSocket,
    remote: string,
    /** Undefined: the agent presented the shared token. */
    node: CertifiedNode | undefined,
    /** Below the WebSocket. */
    stream: Duplex,
  ) => void;
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

interface Entering {
  readonly remote: string;
  readonly node: CertifiedNode | undefined;
  readonly stream: Duplex;
}

/** The Retry-After for an agent that was refused because there is no room. */
const retryAfterSeconds = 30;

const webSocketOptions = {
  noServer: true,
  perMessageDeflate: false,
  // This program answers pings itself, where it counts the other side's messages.
  autoPong: false,
  maxPayload: maxAgentMessageBytes,
  clientTracking: false,
  /** How long the answer to a close frame may take. */
  closeTimeout: 5000,
  handleProtocols: () => subprotocol,
};

export async function serveAgents(options: AgentsServerOptions): Promise<AgentsServer> {
  const { admit, refused: warn, clients } = options;
  const server = createServer(options);
  const strangers = receiveStrangers(server, options);
  const webSockets = new WebSocketServer(webSocketOptions);
  let agents = 0;
  const byAddress = new Map<string, number>();
  const count = (remote: string, change: 1 | -1): void => {
    agents += change;
    const left = (byAddress.get(remote) ?? 0) + change;
    if (left === 0) byAddress.delete(remote);
    else byAddress.set(remote, left);
  };
  const halfMessages = createHalfMessages(options.maxHalfBytes, (largest) => largest.terminate());

  const admissionOf = (request: IncomingMessage): Admission => {
    if (request.url?.split('?')[0] !== agentsPath) return refusedWith({ status: 404 });
    const admission = admit(request);
    if (!admission.ok) return admission;
    if (!protocolsOf(request).includes(subprotocol)) return refusedWith({ status: 400 });
    const { maxAgents, maxAgentsPerAddress } = options;
    const ofAddress = byAddress.get(clients.of(request.socket)) ?? 0;
    if (agents < maxAgents && ofAddress < maxAgentsPerAddress) return admission;
    return refusedWith({ status: 503, headers: [`Retry-After: ${String(retryAfterSeconds)}`] });
  };

  const upgradeOnly: RequestListener = (_request, response) => {
    response.writeHead(426, { upgrade: 'websocket', connection: 'close' }).end();
  };
  server.on('request', options.requests?.(upgradeOnly) ?? upgradeOnly);
  const enter = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const remote = clients.of(request.socket);
    const admission = admissionOf(request);
    if (!admission.ok) {
      const { status, reason = STATUS_CODES[status] ?? String(status) } = admission.refusal;
      warn(reason, remote);
      return refuse(socket, admission.refusal);
    }
    strangers.admit(request.socket);
    const { node } = admission;
    const entering = { remote, node, stream: socket };
    webSockets.handleUpgrade(request, socket, head, (webSocket) => welcome(webSocket, entering));
  };
  /** What is kept as long as the connection does not keep its request alive. */
  const welcome = (webSocket: WebSocket, { remote, node, stream }: Entering): void => {
    count(remote, 1);
    webSocket.on('close', () => count(remote, -1));
    halfMessages.watch(webSocket, stream);
    options.connected(webSocket, remote, node, stream);
  };
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', endAtError);
    options.turns.run(() => {
      try {
        if (!socket.destroyed) enter(request, socket, head);
      } catch (error) {
        warn(`its request failed: ${reasonOf(error)}`, clients.of(request.socket));
        socket.destroy();
      }
    });
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

function endAtError(this: Duplex): void {
  this.destroy();
}

function protocolsOf(request: IncomingMessage): readonly string[] {
  return (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
}

function refusedWith(refusal: Refusal): Admission {
  return { ok: false, refusal };
}

function refuse(socket: Duplex, { status, headers = [] }: Refusal): void {
  const lines = [
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Length: 0',
    ...headers,
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n`);
}

function createServer(options: AgentsServerOptions): Server {
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
