/** One agent's connection: carries out the actions of the state machine in core/protocol. */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { close, closeCodes } from '../../core/protocol/close.ts';
import {
  awaitHello,
  stepControllerSide,
  type ControllerSide,
  type ControllerSideAction,
  type ControllerSideEvent,
  type ControllerSideSettings,
} from '../../core/protocol/controller-side.ts';
import type { DeliveryOutcome } from '../../core/protocol/delivery/controller-delivery.ts';
import type {
  ChannelMessage,
  ConfigMessage,
  DecisionMessage,
  HelloMessage,
} from '../../core/protocol/messages.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import type { QueueDeps } from '../../runtime/network/message-queue.ts';
import {
  servedSocket,
  type MessageSocketEvents,
  type ServedSocket,
} from '../../runtime/network/message-socket.ts';
import type { CertifiedNode } from './client-certificates.ts';
import type { ConfigFrames } from './config-frames.ts';

export interface AgentLink {
  /** The address of the agent, for people. */
  readonly remote: string;
  /** The node of its certificate; absent: it presented the shared token. */
  readonly certified?: CertifiedNode;
  /** As its hello names it; undefined: before the hello. */
  readonly node: string | undefined;
  /** Milliseconds since the last message, or, before the first one, since the connection. */
  silentMs(): number;
  /** Of the newest configuration for it; undefined: there is none. */
  readonly targetNumber: number | undefined;
  setTarget(config: ConfigMessage): void;
  decide(message: DecisionMessage): void;
  tick(now: number): void;
  end(code: number, reason: string): void;
  terminate(): void;
}

/** Events of a link. If a listener returns a text about a fault, the link is closed. */
export interface LinkEvents {
  readonly greeted: (link: AgentLink, hello: HelloMessage) => string | undefined;
  /** @param claimed the node of its hello, which is not that of its certificate */
  readonly misnamed: (link: AgentLink, claimed: string) => void;
  readonly refreshed: (link: AgentLink, hello: HelloMessage) => string | undefined;
  readonly status: (
    link: AgentLink,
    changed: Readonly<Record<string, unknown>>,
  ) => string | undefined;
  readonly progress: (link: AgentLink, ref: RevisionRef, outcome: DeliveryOutcome) => void;
  readonly left: (link: AgentLink, reason: string) => void;
  /** Called when handling this link failed; only this link is closed. */
  readonly failed: (link: AgentLink, error: unknown) => void;
}

export interface LinkDeps {
  readonly settings: ControllerSideSettings;
  readonly frames: ConfigFrames;
  readonly refs: (config: ConfigMessage) => RevisionRef;
  readonly events: LinkEvents;
  /** Absent: no other controller can lead. */
  readonly leads?: (() => boolean) | undefined;
  /** Shared by all links; by its turns there is time for other work between their messages. */
  readonly queues: QueueDeps;
}

export interface RemoteAgent {
  readonly remote: string;
  readonly certified?: CertifiedNode;
  /** Below the WebSocket; absent: frames go through the WebSocket. */
  readonly stream?: Duplex;
}

export function agentLink(socket: WebSocket, agent: RemoteAgent, deps: LinkDeps): AgentLink {
  return new Link(socket, agent, deps);
}

/** It takes the events of its socket itself: thousands of links share their functions. */
class Link implements AgentLink, MessageSocketEvents {
  readonly remote: string;
  readonly certified?: CertifiedNode;
  readonly #deps: LinkDeps;
  readonly #messages: ServedSocket;
  #side: ControllerSide;
  #heardAt = performance.now();
  /** The reason, if this side ends the link. */
  #ending: string | undefined;

  constructor(socket: WebSocket, { remote, certified, stream }: RemoteAgent, deps: LinkDeps) {
    this.remote = remote;
    if (certified !== undefined) this.certified = certified;
    this.#side = awaitHello(this.#heardAt, certified?.node);
    this.#deps = deps;
    this.#messages = servedSocket(socket, stream, deps.queues, this);
  }

  message(message: ChannelMessage): void {
    this.#heardAt = performance.now();
    this.#tell({ type: 'received', now: this.#heardAt, message });
  }

  garbage(reason: string): void {
    this.#tell({ type: 'garbage', reason });
  }

  unknown(reason: string): void {
    this.#tell({ type: 'unknown', now: performance.now(), reason });
  }

  failed(error: unknown): void {
    this.#deps.events.failed(this, error);
  }

  congested(): void {
    this.#tell({ type: 'congested', now: performance.now() });
  }

  drained(): void {
    this.#tell({ type: 'drained', now: performance.now() });
  }

  closed(_code: number, reason: string): void {
    this.#guard(() => this.#deps.events.left(this, this.#ending ?? reason));
  }

  get node(): string | undefined {
    return this.#side.node;
  }

  silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  get targetNumber(): number | undefined {
    return this.#side.delivery.target?.number;
  }

  setTarget(config: ConfigMessage): void {
    this.#tell({ type: 'target', config, ref: this.#deps.refs(config) });
  }

  decide(message: DecisionMessage): void {
    this.#tell({ type: 'decided', message });
  }

  tick(now: number): void {
    this.#tell({ type: 'tick', now, unsent: this.#messages.unsentBytes() });
  }

  end(code: number, reason: string): void {
    const { reason: text } = close(code, reason);
    this.#hangUp(code, text);
  }

  terminate(): void {
    this.#messages.terminate();
  }

  #tell(event: ControllerSideEvent): void {
    try {
      const { state, actions } = stepControllerSide(this.#side, event, this.#deps.settings);
      this.#side = state;
      for (const action of actions) this.#perform(action);
    } catch (error) {
      this.#abandon(error);
    }
  }

  /** An exception ends only this link, and never the daemon or other links. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#abandon(error);
    }
  }

  #abandon(error: unknown): void {
    this.#deps.events.failed(this, error);
    this.#hangUp(closeCodes.internalError, 'the controller could not handle this connection');
  }

  #perform(action: ControllerSideAction): void {
    const { events, frames } = this.#deps;
    switch (action.type) {
      case 'send':
        if (this.#mayGive()) this.#messages.send(JSON.stringify(action.message));
        break;
      case 'send-config':
        if (this.#mayGive()) this.#messages.sendFrame(frames(action));
        break;
      case 'progress':
        events.progress(this, action.ref, action.outcome);
        break;
      case 'greeted':
        this.#refuse(events.greeted(this, action.hello));
        break;
      case 'misnamed':
        events.misnamed(this, action.claimed);
        break;
      case 'refreshed':
        this.#refuse(events.refreshed(this, action.hello));
        break;
      case 'status':
        this.#refuse(events.status(this, action.changed));
        break;
      case 'close':
        this.#hangUp(action.code, action.reason);
        break;
      case 'terminate':
        this.#ending ??= action.reason;
        this.#messages.terminate();
        break;
    }
  }

  /** Another controller may have given the agent something newer since this one was paused. */
  #mayGive(): boolean {
    if (this.#deps.leads?.() !== false) return true;
    this.#hangUp(closeCodes.goingAway, 'this controller does not lead any more');
    return false;
  }

  /** @param fault undefined: there is none */
  #refuse(fault: string | undefined): void {
    if (fault !== undefined) this.#tell({ type: 'garbage', reason: fault });
  }

  #hangUp(code: number, reason: string): void {
    this.#ending ??= reason;
    this.#messages.close(code, reason);
  }
}
