/**
 * Carries out the actions of the agent's state machine in core/protocol, and hands events to it:
 * one connection after the other, until it is stopped.
 */
import { randomUUID } from 'node:crypto';
import {
  isWelcome,
  stepAgentSide,
  stoppedAgentSide,
  type AgentSide,
  type AgentSideAction,
  type AgentSideEvent,
  type AgentSideSettings,
} from '../../core/protocol/agent-side.ts';
import { closeCodes } from '../../core/protocol/close.ts';
import type { ChannelMessage, ConfigMessage } from '../../core/protocol/messages.ts';
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import type { MessageSocket } from '../../runtime/network/message-socket.ts';
import type { FollowedAgent } from '../app/agent.ts';
import type { ReportHealth } from '../app/health/adapter-health.ts';
import type { ChannelTiming, ChannelTransport } from './channel-deps.ts';
import { carryOutDecision } from './carry-out-decision.ts';
import { shownUrl } from './controller-address.ts';
import type { ControllerSettings } from './dial.ts';
import type { DialFailure } from './dial-failure.ts';
import { followAgent } from './follow-agent.ts';
import type { Judged } from './offer-config.ts';
import { offerUntilJudged, type Offering } from './offer-until-judged.ts';
import type { ShownConnection } from './shown-connection.ts';
import { createTlsSessions, type TlsSessions } from './tls-session.ts';

export interface ConnectionDeps {
  readonly agent: FollowedAgent;
  readonly settings: ControllerSettings;
  /** Those of the settings, at least one. */
  readonly urls: readonly [string, ...string[]];
  readonly sideSettings: AgentSideSettings;
  readonly timing: ChannelTiming;
  readonly logger: Logger;
  readonly random: () => number;
  readonly shown: ShownConnection;
  readonly transport: ChannelTransport;
  readonly health?: ReportHealth;
}

/** One address, with the TLS session of its last connection: a session is that of one controller. */
interface Target {
  readonly url: string;
  /** Without parts that may be secret. */
  readonly shown: string;
  readonly sessions: TlsSessions;
}

function targetOf(url: string): Target {
  return { url, shown: shownUrl(url), sessions: createTlsSessions() };
}

export class ControllerConnection {
  readonly #deps: ConnectionDeps;
  readonly #stopping = new AbortController();
  readonly #instance = randomUUID();
  readonly #targets: readonly Target[];
  /** The one that is connected or tried, or was tried last. */
  #target: Target;
  #side: AgentSide = stoppedAgentSide;
  #socket: MessageSocket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #offering: Offering | undefined;
  #gone = Promise.resolve();
  #failures = 0;
  #whyGone = '';

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    const [first, ...others] = deps.urls;
    this.#target = targetOf(first);
    this.#targets = [this.#target, ...others.map(targetOf)];
  }

  start(): void {
    const { urls, random } = this.#deps;
    this.#tell({ type: 'start', ...(urls.length > 1 && { random: random() }) });
  }

  /** Makes the next attempt at once. */
  dialNow(): void {
    clearTimeout(this.#retry);
    this.#tell({ type: 'due' });
  }

  /** Ends the connection; the next one begins anew. */
  hangUp(reason: string): void {
    this.#socket?.close(closeCodes.goingAway, reason);
  }

  /** Resolves when the connection has ended. */
  async stop(): Promise<void> {
    clearTimeout(this.#retry);
    this.#tell({ type: 'stop' });
    this.#stopping.abort();
    await this.#gone;
  }

  #tell(event: AgentSideEvent): void {
    const { state, actions } = stepAgentSide(this.#side, event, this.#deps.sideSettings);
    this.#side = state;
    if (isWelcome(state)) {
      this.#deps.shown.show(true, 'connected with the controller', this.#target.shown);
      this.#deps.health?.succeeded('controller');
    }
    for (const action of actions) this.#perform(action);
  }

  /** For timers and listeners, whose callers would not catch an error. */
  #tellGuarded(event: AgentSideEvent): void {
    try {
      this.#tell(event);
    } catch (error) {
      this.#abandon(error);
    }
  }

  #perform(action: AgentSideAction): void {
    switch (action.type) {
      case 'dial':
        this.#target = this.#targets[action.address] ?? this.#target;
        this.#deps.shown.trying(this.#target.shown);
        this.#gone = this.#connect(this.#target);
        break;
      case 'send':
        this.#socket?.send(JSON.stringify(action.message));
        break;
      case 'offer':
        this.#offer(action.config);
        break;
      case 'decide':
        void carryOutDecision(this.#deps.agent, action.decision);
        break;
      case 'reconnect-after':
        this.#retry = setTimeout(() => this.#tell({ type: 'due' }), action.delayMs);
        this.#deps.health?.failed('controller', this.#whyGone, action.delayMs);
        break;
      case 'close':
        this.#deps.logger.info(`hanging up: ${action.reason}`, this.#about());
        this.#socket?.close(action.code, action.reason);
        break;
    }
  }

  async #connect({ url, sessions }: Target): Promise<void> {
    const { agent, settings, sideSettings, timing, logger, transport } = this.#deps;
    // Loaded only here, with its parsers: agents without a controller do not need them yet.
    const { factsOf, helloOf } = await transport.hello();
    let unfollow: (() => void) | undefined;
    const failure = await transport.dial(
      { ...settings, url },
      {
        opened: (socket, receivedBytes) => {
          this.#socket = socket;
          const hello = helloOf(agent, sideSettings.cluster, this.#instance);
          const status = agent.readings.status();
          this.#tell({ type: 'opened', now: performance.now(), hello, status });
          const tell = (event: AgentSideEvent): void => this.#tellGuarded(event);
          const { random } = this.#deps;
          unfollow = followAgent({
            agent,
            facts: () => factsOf(agent),
            status,
            timing,
            random,
            receivedBytes,
            tell,
          });
        },
        message: (message) => this.#received(message),
        garbage: (reason) => this.#tell({ type: 'garbage', reason }),
        failed: (error) => this.#logFailure(error),
      },
      { logger, handshakeMs: timing.handshakeMs, sessions },
      this.#stopping.signal,
    );
    unfollow?.();
    this.#disconnected(failure);
  }

  #disconnected({ message, retryAfterMs }: DialFailure): void {
    this.#offering?.callOff('gone');
    this.#socket = undefined;
    this.#whyGone = message;
    if (!this.#stopping.signal.aborted) this.#deps.shown.show(false, message, this.#target.shown);
    this.#tell({
      type: 'closed',
      now: performance.now(),
      random: this.#deps.random(),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }

  /**
   * Takes a message. The newest configuration wins: an older one that is refused for now does not
   * delay it.
   */
  #received(message: ChannelMessage): void {
    this.#tell({ type: 'received', now: performance.now(), message });
    if (this.#side.phase === 'open' && this.#side.connection.work.next !== undefined) {
      this.#offering?.callOff('superseded');
    }
  }

  #offer(config: ConfigMessage): void {
    const { agent, random, timing, shown } = this.#deps;
    this.#offering = offerUntilJudged(agent, config, {
      random,
      limits: timing.offerAgain,
      retrying: ({ ref, failure }) => {
        shown.showRefusal(failure.message);
        this.#tell({ type: 'failed', ref, failure });
      },
    });
    void this.#offering.judged
      .then((judged) => this.#judged(judged))
      .catch((error: unknown) => this.#abandon(error));
  }

  #judged(judged: Judged | undefined): void {
    if (judged === undefined) return;
    this.#deps.shown.showRefusal(judged.type === 'refused' ? judged.failure.message : undefined);
    this.#tell(judged);
  }

  /** Ends this connection after an error in handling a message; the next one begins anew. */
  #abandon(error: unknown): void {
    this.#logFailure(error);
    this.#socket?.close(closeCodes.internalError, 'a message could not be handled');
  }

  #logFailure(error: unknown): void {
    this.#failures += 1;
    this.#deps.logger.error('hanging up: a message of the controller could not be handled', {
      ...this.#about(),
      reason: reasonOf(error),
      failures: this.#failures,
    });
  }

  #about(): { readonly url: string } {
    return { url: this.#target.shown };
  }
}
