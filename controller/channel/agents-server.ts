/** The WebSocket endpoint of the agents. Nobody gets past the upgrade without the token. */
import { createServer as createHttpServer, STATUS_CODES, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { agentsPath, maxMessageBytes, subprotocol } from '../../core/protocol/messages.ts';
import { AppError, fromSystemError, reasonOf, systemCodeOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { ListenAddress } from './listen-address.ts';
import { watchStrangers, type StrangerLimits } from './strangers.ts';
import type { TokenCheck } from './token-check.ts';

export interface AgentsServerOptions {
  readonly address: ListenAddress;
  /** PEM. Absent: without TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly mayEnter: TokenCheck;
  readonly maxAgents: number;
  readonly strangers: StrangerLimits;
  readonly logger: Logger;
  readonly connected: (socket: WebSocket, remote: string) => void;
}

export interface AgentsServer {
  readonly address: ListenAddress;
  /** Takes no new agents; resolves when the port is free. The agents' connections are the caller's. */
  close(): Promise<void>;
}

interface Refusal {
  readonly status: number;
  readonly headers?: readonly string[];
}

/** How long a refused agent shall stay away where there is no room. */
const retryAfterSeconds = 30;

const webSocketOptions = {
  noServer: true,
  perMessageDeflate: false,
  maxPayload: maxMessageBytes,
  clientTracking: false,
  /** How long the answer to a close frame may take. */
  closeTimeout: 5000,
  handleProtocols: () => subprotocol,
};

export async function serveAgents(options: AgentsServerOptions): Promise<AgentsServer> {
  const { logger, mayEnter } = options;
  const server = createServer(options);
  const strangers = watchStrangers(server, options.strangers);
  const webSockets = new WebSocketServer(webSocketOptions);
  const warn = seldom((count, reason: string, remote: string) =>
    logger.warn(`refused an agent: ${reason}`, { remote, ...(count > 1 ? { count } : {}) }),
  );
  let agents = 0;

  const refusalOf = (request: IncomingMessage): Refusal | undefined => {
    if (request.url?.split('?')[0] !== agentsPath) return { status: 404 };
    if (!mayEnter(request.headers.authorization)) {
      return { status: 401, headers: ['WWW-Authenticate: Bearer'] };
    }
    if (!protocolsOf(request).includes(subprotocol)) return { status: 400 };
    if (agents < options.maxAgents) return undefined;
    return { status: 503, headers: [`Retry-After: ${String(retryAfterSeconds)}`] };
  };

  server.on('request', (_request, response) => {
    response.writeHead(426, { upgrade: 'websocket', connection: 'close' }).end();
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const remote = remoteOf(request);
    const refusal = refusalOf(request);
    if (refusal !== undefined) {
      warn(STATUS_CODES[refusal.status] ?? String(refusal.status), remote);
      return refuse(socket, refusal);
    }
    strangers.admit(request.socket);
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      agents += 1;
      webSocket.once('close', () => {
        agents -= 1;
      });
      options.connected(webSocket, remote);
    });
  });
  const address = await listen(server, options.address);
  return {
    address,
    close: () => {
      const closed = closeServer(server);
      strangers.dismiss();
      return closed;
    },
  };
}

function protocolsOf(request: IncomingMessage): readonly string[] {
  return (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
}

function remoteOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown';
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

function createServer({ tls, strangers }: AgentsServerOptions): Server {
  const limits = { maxHeaderSize: 8192, headersTimeout: strangers.ms };
  if (tls === undefined) return createHttpServer(limits);
  try {
    return createHttpsServer({ ...limits, ...tls, handshakeTimeout: strangers.ms });
  } catch (error) {
    throw new AppError(
      'invalid-settings',
      `cannot use the certificate and its key: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

type Server = ReturnType<typeof createHttpServer> | ReturnType<typeof createHttpsServer>;

function listen(server: Server, { host, port }: ListenAddress): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const what = `cannot listen on ${host}:${String(port)}`;
      reject(
        systemCodeOf(error) === 'EADDRINUSE'
          ? new AppError('already-running', `${what}: another process listens there`)
          : fromSystemError(what, error),
      );
    });
    server.listen({ host, port, backlog: 4096 }, () => {
      const bound = server.address();
      resolve({ host, port: isAddressInfo(bound) ? bound.port : port });
    });
  });
}

function isAddressInfo(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A stranger who knocks without pause shall not fill the log: one line in ten seconds, counted. */
function seldom<T extends readonly unknown[]>(
  run: (count: number, ...rest: T) => void,
): (...rest: T) => void {
  let last = Number.NEGATIVE_INFINITY;
  let count = 0;
  return (...rest) => {
    count += 1;
    const now = performance.now();
    if (now - last < 10_000) return;
    run(count, ...rest);
    last = now;
    count = 0;
  };
}
