/**
 * One agent of a simulated fleet: the real state machine of core/protocol over a real WebSocket. What it
 * applies is only a pause; everything that a controller sees of it is as from a node.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import type { RawData, WebSocket } from 'ws';
import {
  isWelcome,
  stepAgentSide,
  stoppedAgentSide,
  type AgentSide,
  type AgentSideAction,
  type AgentSideEvent,
  type AgentSideSettings,
} from '../../core/protocol/agent-side.ts';
import { refOf, type ConfigMessage } from '../../core/protocol/messages.ts';
import type { AckStage } from '../../core/protocol/stages.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import type { MessageCache } from './message-cache.ts';
import { openWebSocket } from './open-web-socket.ts';
import { helloFor, statusFor } from './simulated-node.ts';

export interface AgentIdentity {
  readonly node: string;
  /** The address from which it connects: 127.0.0.2 and the like. */
  readonly localAddress: string;
  /** The value of the Authorization header; absent: it has a certificate. */
  readonly authorization?: string;
  /** Its certificate and the authorities that it trusts; absent: no TLS. */
  readonly secureContext?: SecureContext;
}

export interface AgentConduct {
  /** The last stage that it acknowledges by itself. */
  readonly reaches: AckStage;
  /** How long applying takes, in ms; 0: it acknowledges at once. */
  readonly applyMs: number;
  /** It refuses every configuration. */
  readonly fails: boolean;
  /** It keeps the ticket of its TLS session for the next connection. */
  readonly resumes: boolean;
}

export interface AgentEvents {
  readonly welcome: (agent: SimulatedAgent) => void;
  readonly lost: (agent: SimulatedAgent, wasWelcome: boolean, reason: string) => void;
  readonly dialled: () => void;
  /** A configuration came. */
  readonly received: (agent: SimulatedAgent, config: ConfigMessage) => void;
  readonly resumed: () => void;
}

export interface AgentDeps {
  readonly url: URL;
  readonly settings: AgentSideSettings;
  readonly conduct: AgentConduct;
  readonly messages: MessageCache;
  readonly events: AgentEvents;
}

export class SimulatedAgent {
  readonly identity: AgentIdentity;
  readonly #deps: AgentDeps;
  #side: AgentSide = stoppedAgentSide;
  #tcp: Socket | undefined;
  #socket: WebSocket | undefined;
  #session: Buffer | undefined;
  #accepted: RevisionRef | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isStalled = false;

  constructor(identity: AgentIdentity, deps: AgentDeps) {
    this.identity = identity;
    this.#deps = deps;
  }

  start(): void {
    this.#tell({ type: 'start' });
  }

  stop(): void {
    clearTimeout(this.#retry);
    this.#tell({ type: 'stop' });
    this.#tcp?.destroy();
    this.#socket?.terminate();
  }

  /** Reads nothing any more, and keeps its connection. */
  stall(): void {
    this.#isStalled = true;
    this.#socket?.pause();
  }

  /** Cuts its connection off, as a cable that is pulled; it dials again. */
  drop(): void {
    this.#socket?.terminate();
  }

  tick(now: number): void {
    if (!this.#isStalled) this.#tell({ type: 'tick', now });
  }

  /** Sends a ping, whatever the time is: a heartbeat for measurements. */
  beat(): void {
    const { heardAt } =
      this.#side.phase === 'open' ? this.#side.connection.liveness : { heardAt: 0 };
    this.#tell({ type: 'tick', now: heardAt + this.#deps.settings.liveness.pingAfterMs });
  }

  /** Confirms what it has accepted, so that a later configuration supersedes nothing. */
  finish(): void {
    const ref = this.#accepted;
    if (ref !== undefined) this.#tell({ type: 'stage', ref, stage: 'confirmed' });
  }

  #tell(event: AgentSideEvent): void {
    const before = isWelcome(this.#side);
    const { state, actions } = stepAgentSide(this.#side, event, this.#deps.settings);
    this.#side = state;
    for (const action of actions) this.#perform(action);
    if (!before && isWelcome(this.#side)) this.#deps.events.welcome(this);
  }

  #perform(action: AgentSideAction): void {
    switch (action.type) {
      case 'dial':
        this.#dial();
        break;
      case 'send':
        this.#socket?.send(JSON.stringify(action.message));
        break;
      case 'offer':
        this.#judge(action.config);
        break;
      case 'reconnect-after':
        this.#retry = setTimeout(() => this.#tell({ type: 'due' }), action.delayMs);
        break;
      case 'close':
        this.#socket?.close(action.code, action.reason);
        break;
      case 'decide':
        break;
    }
  }

  #dial(): void {
    const { url, events } = this.#deps;
    events.dialled();
    // A refused connection is one of TCP: without it no request is made, which would cost this one process,
    // that stands for thousands of machines, several times as much.
    const { hostname: host, port } = url;
    const tcp = connect({ host, port: Number(port), localAddress: this.identity.localAddress });
    this.#tcp = tcp;
    const refused = ({ message }: Error): void => this.#ended(message);
    tcp.once('error', refused);
    tcp.once('connect', () => {
      tcp.off('error', refused);
      this.#open(tcp);
    });
  }

  #open(tcp: Socket): void {
    const { url } = this.#deps;
    const { authorization, secureContext } = this.identity;
    const stream = secureContext === undefined ? tcp : this.#secured(tcp, secureContext);
    const opening = { url, ...(authorization !== undefined && { authorization }) };
    openWebSocket(stream, opening, {
      opened: (socket) => this.#opened(socket, stream),
      failed: (reason) => this.#ended(reason),
    });
  }

  #opened(socket: WebSocket, stream: Socket): void {
    this.#socket = socket;
    let reason = '';
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('message', (data) => this.#received(data));
    socket.once('close', (_code, text) => {
      this.#ended(reason === '' ? text.toString() : reason);
    });
    const { node } = this.identity;
    const status = statusFor(node, this.#accepted);
    const hello = helloFor(node, this.#deps.settings.cluster, this.#accepted);
    // As the agent does: its first messages leave together.
    stream.cork();
    this.#tell({ type: 'opened', now: performance.now(), hello, status });
    stream.uncork();
  }

  #ended(reason: string): void {
    const wasWelcome = isWelcome(this.#side);
    this.#socket = undefined;
    this.#tell({ type: 'closed', now: performance.now(), random: Math.random() });
    this.#deps.events.lost(this, wasWelcome, reason);
  }

  #secured(tcp: Socket, secureContext: SecureContext): TLSSocket {
    const { resumes } = this.#deps.conduct;
    const session = resumes ? this.#session : undefined;
    const socket = connectTls({
      secureContext,
      host: this.#deps.url.hostname,
      servername: '',
      socket: tcp,
      ...(session !== undefined && { session }),
    });
    if (!resumes) return socket;
    socket.on('session', (newer) => {
      this.#session = newer;
    });
    socket.once('secureConnect', () => {
      if (socket.isSessionReused()) this.#deps.events.resumed();
    });
    return socket;
  }

  #received(data: RawData): void {
    if (this.#isStalled || !Buffer.isBuffer(data)) return;
    const parsed = this.#deps.messages.read(data);
    if (parsed.ok)
      this.#tell({ type: 'received', now: performance.now(), message: parsed.message });
    else this.#tell({ type: 'garbage', reason: parsed.reason });
  }

  #judge(config: ConfigMessage): void {
    const { conduct, events } = this.#deps;
    const ref = refOf(config);
    events.received(this, config);
    if (conduct.fails) {
      const failure = { code: 'simulated', message: 'it was told to refuse', issues: [] };
      return this.#tell({ type: 'refused', ref, failure });
    }
    this.#accepted = ref;
    const { reaches, applyMs } = conduct;
    const isLater = applyMs > 0 && reaches !== 'received';
    this.#tell({ type: 'accepted', ref, stage: isLater ? 'received' : reaches });
    if (isLater) setTimeout(() => this.#tell({ type: 'stage', ref, stage: reaches }), applyMs);
  }
}
