/** Lets agents in: judges their requests, counts them, and makes WebSockets of their connections. */
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { agentsPath, maxAgentMessageBytes, subprotocol } from '../../../core/protocol/messages.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Gate } from '../../../runtime/pacing/gate.ts';
import type { Turns } from '../../../runtime/pacing/spread.ts';
import type { Admission, Admit, Refusal } from '../admission.ts';
import type { CertifiedNode } from '../client-certificates.ts';
import type { ClientAddresses } from '../relay/client-addresses.ts';
import type { Strangers } from '../strangers.ts';
import { AgentSocket } from './agent-socket.ts';
import { createHalfMessages } from './half-messages.ts';
import { createPlaces, type Places } from '../../../runtime/network/connection-places.ts';

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

/** Handles requests for an upgrade; none of its functions throws. */
export interface Upgrade {
  enter(request: IncomingMessage, socket: Duplex): void;
  /**
   * Does everything but the answer of an agent that `admit` lets in before the gate is open: thousands come while the
   * controller reads its state, and the answers are all that is left then. The agent waits at the gate for it.
   */
  prepare(request: IncomingMessage, socket: Duplex, waiting: Waiting): void;
}

interface Waiting {
  readonly gate: Pick<Gate, 'run'>;
  /** How long the agent may wait. */
  readonly ms: number;
}

/** An empty head of Node.js would keep the bytes of the whole request. */
const nothing = Buffer.alloc(0);

export function createUpgrade(
  options: UpgradeOptions,
  strangers: Pick<Strangers, 'admit'>,
): Upgrade {
  const { admit, clients, refused, turns, connected } = options;
  const webSockets = new WebSocketServer(webSocketOptions);
  const halfMessages = createHalfMessages(options.maxHalfBytes, (largest) => largest.terminate());
  const places = createPlaces(options.maxAgentsPerAddress, options.maxAgents);
  const admissionOf = createAdmission(admit, places);
  const guarded = createGuard(options);
  /** @param upgrade runs in one of the next turns @returns false: it was refused */
  const admitted = (
    request: IncomingMessage,
    socket: Duplex,
    upgrade: (enters: Entering) => void,
  ): boolean => {
    const remote = clients.of(request.socket);
    const admission = admissionOf(request, remote);
    if (!admission.ok) {
      refused(textOf(admission.refusal), remote);
      refuse(socket, admission.refusal);
      return false;
    }
    // At once: while it waits for its turn it is no stranger, who would be cut off for want of room.
    strangers.admit(request.socket);
    places.take(remote, socket);
    const { node } = admission;
    turns.run(() => guarded(request.socket, () => upgrade({ remote, node, socket })));
    return true;
  };
  const connect = (webSocket: AgentSocket, { remote, node, socket }: Entering): void =>
    connected(webSocket, remote, node, socket);
  const enter: Upgrade['enter'] = (request, socket) => {
    admitted(request, socket, (entering) => {
      webSockets.handleUpgrade(request, socket, nothing, (webSocket) => {
        halfMessages.watch(webSocket, socket);
        connect(webSocket, entering);
      });
    });
  };
  /** @returns what is there after one of the next turns; undefined: the request was refused */
  const prepared = (request: IncomingMessage, socket: Duplex): Prepared | undefined => {
    const parts: Prepared = {};
    const isAdmitted = admitted(request, socket, (entering) => {
      // Keeps the answer back, so that the agent sends nothing yet.
      socket.cork();
      webSockets.handleUpgrade(request, socket, nothing, (webSocket) => {
        halfMessages.watch(webSocket, socket);
        webSocket.on('error', ignore);
        parts.entrant = { webSocket, entering };
      });
    });
    return isAdmitted ? parts : undefined;
  };
  /** Keeps the request no longer: it takes more memory than all the rest. */
  const enterWith = (plain: Socket, socket: Duplex, parts: Prepared) => (): void =>
    guarded(plain, () => {
      if (parts.entrant === undefined) return;
      const { webSocket, entering } = parts.entrant;
      connect(webSocket, entering);
      webSocket.off('error', ignore);
      socket.uncork();
    });
  const prepare: Upgrade['prepare'] = (request, socket, waiting) => {
    const parts = prepared(request, socket);
    if (parts === undefined) return;
    const enters = enterWith(request.socket, socket, parts);
    hold(socket, waiting, enters, () => {
      refused('it waited too long for the stored state to be read', clients.of(request.socket));
    });
  };
  return {
    enter: (request, socket) => guarded(request.socket, () => enter(request, socket)),
    prepare: (request, socket, waiting) =>
      guarded(request.socket, () => prepare(request, socket, waiting)),
  };
}

/** @returns judges what a request asks for, who sends it, and whether there is room */
function createAdmission(
  admit: Admit,
  places: Pick<Places, 'areLeft'>,
): (request: IncomingMessage, remote: string) => Admission {
  return (request, remote) => {
    if (request.url?.split('?')[0] !== agentsPath) return refusedWith({ status: 404 });
    const admission = admit(request);
    if (!admission.ok) return admission;
    if (!protocolsOf(request).includes(subprotocol)) {
      return refusedWith({ status: 400, reason: `it does not ask for ${subprotocol}` });
    }
    if (places.areLeft(remote)) return admission;
    return refusedWith({ status: 503, headers: [`Retry-After: ${String(retryAfterSeconds)}`] });
  };
}

function textOf({ status, reason = STATUS_CODES[status] ?? String(status) }: Refusal): string {
  return reason;
}

/** @returns does the work for a connection; an error ends only this one */
function createGuard({
  refused,
  clients,
}: Pick<UpgradeOptions, 'refused' | 'clients'>): (socket: Socket, work: () => void) => void {
  return (socket, work) => {
    try {
      if (!socket.destroyed) work();
    } catch (error) {
      refused(`its request failed: ${reasonOf(error)}`, clients.of(socket));
      socket.destroy();
    }
  };
}

/** Holds it until the gate opens, for no longer than the time. Then its turn comes, however busy this program is. */
function hold(
  socket: Duplex,
  { gate, ms }: Waiting,
  enters: () => void,
  tooLong: () => void,
): void {
  // It is no stranger any more, whose time is bounded.
  const late = setTimeout(() => {
    if (socket.destroyed) return;
    tooLong();
    socket.destroy();
  }, ms).unref();
  gate.run(socket, enters, () => clearTimeout(late));
}

/** An agent that waits for the answer to its request. */
interface Prepared {
  /** Absent: its turn has not come, or its request was no handshake, which was answered. */
  entrant?: { readonly webSocket: AgentSocket; readonly entering: Entering };
}

interface Entering {
  readonly remote: string;
  /** Undefined: the agent presented the shared token. */
  readonly node: CertifiedNode | undefined;
  /** Below the WebSocket. */
  readonly socket: Duplex;
}

/** A WebSocket without a listener for errors would end the process; its connection is closed then as well. */
function ignore(): void {
  // Nothing is left to do.
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
