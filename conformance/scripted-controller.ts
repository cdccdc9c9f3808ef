/** A controller that does nothing by itself: a dialogue says what it sends. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { agentsPath, subprotocol } from '../core/protocol/messages.ts';
import type { RefusedUpgrade } from '../schemas/generated/protocol-vectors.ts';
import { createInbox, type Inbox } from './inbox.ts';

/** Text of a frame, or the end of the connection. */
export type Arrival =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary' }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string };

export interface Connection {
  readonly socket: WebSocket;
  readonly arrivals: Inbox<Arrival>;
}

export interface ScriptedController {
  /** The address for the agent: ws://127.0.0.1:PORT. */
  readonly url: string;
  /** Resolves when an agent has connected rightly; rejects at the first wrong request. */
  connection(withinMs: number): Promise<Connection>;
  /** Answers the next request with this status; resolves when that was done. */
  refuseNext(refusal: RefusedUpgrade, withinMs: number): Promise<void>;
  close(): Promise<void>;
}

type Request =
  | {
      readonly kind: 'right';
      readonly request: IncomingMessage;
      readonly socket: Duplex;
      readonly head: Buffer;
    }
  | { readonly kind: 'wrong'; readonly fault: string };

/** @param token what the agent has to show: `Authorization: Bearer TOKEN` */
export async function startScriptedController(token: string): Promise<ScriptedController> {
  const server = createServer((_request, response) => response.writeHead(426).end());
  const requests = createInbox<Request>();
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const fault = faultOf(request, token);
    if (fault === undefined) return requests.add({ kind: 'right', request, socket, head });
    refuse(socket, { status: 400 });
    requests.add({ kind: 'wrong', fault });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: 512 * 1024 });
  const next = async (withinMs: number): Promise<Extract<Request, { readonly kind: 'right' }>> => {
    const request = await requests.next(
      withinMs,
      `the agent does not connect within ${String(withinMs / 1000)} s`,
    );
    if (request.kind === 'wrong') throw new Error(request.fault);
    return request;
  };
  return {
    url: `ws://127.0.0.1:${String(portOf(server))}`,
    connection: async (withinMs) => {
      for (;;) {
        const { request, socket, head } = await next(withinMs);
        // The agent gave this attempt up while the dialogue was at another step.
        if (socket.destroyed) continue;
        return new Promise((resolve, reject) => {
          webSockets.once('wsClientError', (error) =>
            reject(new Error(`the agent's handshake is wrong: ${error.message}`)),
          );
          webSockets.handleUpgrade(request, socket, head, (webSocket) => {
            webSockets.removeAllListeners('wsClientError');
            resolve(listenTo(webSocket));
          });
        });
      }
    },
    refuseNext: async (refusal, withinMs) => {
      const { socket } = await next(withinMs);
      refuse(socket, refusal);
    },
    close: async () => {
      for (const webSocket of webSockets.clients) webSocket.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function listenTo(socket: WebSocket): Connection {
  const arrivals = createInbox<Arrival>();
  socket.on('message', (data, isBinary) => {
    if (isBinary || !Buffer.isBuffer(data)) return arrivals.add({ kind: 'binary' });
    arrivals.add({ kind: 'text', text: data.toString('utf8') });
  });
  // The close that follows says the same.
  socket.on('error', () => undefined);
  socket.once('close', (code, reason) =>
    arrivals.add({ kind: 'closed', code, reason: reason.toString('utf8') }),
  );
  return { socket, arrivals };
}

function faultOf({ url, headers }: IncomingMessage, token: string): string | undefined {
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (url !== agentsPath) return `the agent asks for ${String(url)} and not for ${agentsPath}`;
  if (!protocols.includes(subprotocol))
    return `the agent does not offer the subprotocol ${subprotocol}`;
  if (headers.authorization !== `Bearer ${token}`) {
    return 'the agent does not show the token of CONFORMANCE_TOKEN_FILE as "Authorization: Bearer TOKEN"';
  }
  return undefined;
}

function refuse(socket: Duplex, { status, retryAfterSeconds }: RefusedUpgrade): void {
  const retryAfter =
    retryAfterSeconds === undefined ? [] : [`Retry-After: ${String(retryAfterSeconds)}`];
  const lines = [
    `HTTP/1.1 ${String(status)} Refused`,
    'Connection: close',
    'Content-Length: 0',
    ...retryAfter,
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n`);
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the controller has no port');
  return address.port;
}
