/** Lets agents in: judges their requests, counts them, and makes WebSockets of their connections. */
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { agentsPath, maxAgentMessageBytes, subprotocol } from '../../../core/protocol/messages.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Turns } from '../../../runtime/pacing/spread.ts';
import type { Admission, Admit, Refusal } from '../admission.ts';
import type { CertifiedNode } from '../client-certificates.ts';
import type { ClientAddresses } from '../relay/client-addresses.ts';
import type { Strangers } from '../strangers.ts';
import { AgentSocket } from './agent-socket.ts';
import { createHalfMessages } from './half-messages.ts';
import { createPlaces } from '../../../runtime/network/connection-places.ts';

export interface UpgradeOptions {
  readonly admit: Admit;
  readonly maxAgents: number;
  readonly maxAgentsPerAddress: number;
  /** Bytes of incomplete messages, of all agents together. */
  readonly maxHalfBytes: number;
  readonly clients: ClientAddresses;
  /** The turns, shared with the messages of agents. */
  readonly turns: Turns;
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

/** The Retry-After for an agent that was refused because there is no room. */
const retryAfterSeconds = 30;

const webSocketOptions = {
  WebSocket: AgentSocket,
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

/** @returns a function that handles a request for an upgrade; it never throws */
export function createUpgrade(
  options: UpgradeOptions,
  strangers: Pick<Strangers, 'admit'>,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const { admit, clients, refused, turns, connected } = options;
  const webSockets = new WebSocketServer(webSocketOptions);
  const halfMessages = createHalfMessages(options.maxHalfBytes, (largest) => largest.terminate());
  const places = createPlaces(options.maxAgentsPerAddress, options.maxAgents);

  const admissionOf = (request: IncomingMessage, remote: string): Admission => {
    if (request.url?.split('?')[0] !== agentsPath) return refusedWith({ status: 404 });
    const admission = admit(request);
    if (!admission.ok) return admission;
    if (!protocolsOf(request).includes(subprotocol)) return refusedWith({ status: 400 });
    if (places.areLeft(remote)) return admission;
    return refusedWith({ status: 503, headers: [`Retry-After: ${String(retryAfterSeconds)}`] });
  };
  /** Ends only this connection. */
  const guarded = (request: IncomingMessage, work: () => void): void => {
    const { socket } = request;
    try {
      if (!socket.destroyed) work();
    } catch (error) {
      refused(`its request failed: ${reasonOf(error)}`, clients.of(socket));
      socket.destroy();
    }
  };
  const enter = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const remote = clients.of(request.socket);
    const admission = admissionOf(request, remote);
    if (!admission.ok) {
      const { status, reason = STATUS_CODES[status] ?? String(status) } = admission.refusal;
      refused(reason, remote);
      return refuse(socket, admission.refusal);
    }
    // At once: while it waits for its turn it is no stranger, who would be cut off for want of room.
    strangers.admit(request.socket);
    places.take(remote, socket);
    const { node } = admission;
    turns.run(() => {
      guarded(request, () => {
        webSockets.handleUpgrade(request, socket, head, (webSocket) => {
          halfMessages.watch(webSocket, socket);
          connected(webSocket, remote, node, socket);
        });
      });
    });
  };
  return (request, socket, head) => guarded(request, () => enter(request, socket, head));
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
