/**
 * The peer of the controller: ws without any logic. It sends one frame, built before, to all, and counts
 * what comes back. Pings of the agents get their pong, so that the agents know that they are welcome.
 */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import type { ConfigMessage } from '../../core/protocol/messages.ts';
import { textFrame } from '../../runtime/network/text-frame.ts';
import { answerParent } from '../children/answer-parent.ts';
import type { Authority } from '../simulator/certificates.ts';
import { createMeter, mainCpuMs, settledMemory } from './meter.ts';

export interface RawSettings {
  readonly port: number;
  readonly authority?: Authority;
}

const meter = createMeter();
const sockets = new Map<WebSocket, Socket>();

answerParent({
  listen: async ({ port, authority }: RawSettings): Promise<number> => {
    const server = authority === undefined ? createServer() : secureServer(authority);
    const webSockets = new WebSocketServer({ server, perMessageDeflate: false });
    webSockets.on('connection', (webSocket, request) => {
      sockets.set(webSocket, request.socket);
      webSocket.on('message', (data) =>
        received(webSocket, Buffer.isBuffer(data) ? data.toString() : ''),
      );
      webSocket.on('error', () => webSocket.terminate());
      webSocket.on('close', () => sockets.delete(webSocket));
    });
    await new Promise<void>((resolve) => {
      server.listen({ host: '127.0.0.1', port, backlog: 4096 }, resolve);
    });
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  },
  connected: () => sockets.size,
  push: ({ config, acks }: { readonly config: ConfigMessage; readonly acks: number }) => {
    const { whole } = textFrame(JSON.stringify(config));
    meter.begin(acks);
    meter.sent();
    for (const socket of sockets.values()) socket.write(whole);
    return meter.done();
  },
  cpuMs: () => mainCpuMs(),
  memory: settledMemory,
});

function secureServer({ caFile, serverCertFile, serverKeyFile }: Authority): Server {
  return createTlsServer({
    cert: readFileSync(serverCertFile),
    key: readFileSync(serverKeyFile),
    ca: readFileSync(caFile),
    requestCert: true,
    rejectUnauthorized: true,
  });
}

function received(webSocket: WebSocket, text: string): void {
  if (text.startsWith('{"type":"ack"')) meter.acked();
  else if (text.startsWith('{"type":"ping"')) webSocket.send(text.replace('ping', 'pong'));
}
