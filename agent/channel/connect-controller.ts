/**
 * Keeps the agent connected with its controller: carries out what the state machine of
 * core/protocol says, and tells it what happens.
 */
import { randomUUID } from 'node:crypto';
import {
  isWelcome,
  stepAgentSide,
  stoppedAgentSide,
  type AgentSideAction,
  type AgentSideEvent,
  type AgentSideSettings,
} from '../../core/protocol/agent-side.ts';
import { closeCodes } from '../../core/protocol/close.ts';
import type { BackoffLimits } from '../../core/protocol/backoff.ts';
import { controllerLineage, type ChannelMessage } from '../../core/protocol/messages.ts';
import { defaultLiveness, type LivenessLimits } from '../../core/protocol/liveness.ts';
import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log/logger.ts';
import type { MessageSocket } from '../../runtime/network/message-socket.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import type { FollowedAgent } from '../app/agent.ts';
import type { Clock } from '../ports/clock.ts';
import { askForLostText, type LostTextTiming } from './ask-for-lost-text.ts';
import { shownUrl } from './controller-address.ts';
import { dial, type ControllerSettings } from './dial.ts';
import type { DialFailure } from './dial-failure.ts';
import { followAgent } from './follow-agent.ts';
import type { Judged } from './offer-config.ts';
import { offerUntilJudged, type Offering, type OfferingDeps } from './offer-until-judged.ts';

export interface ControllerChannel {
  /** For the agent's status. */
  state(): NonNullable<AgentStatus['controller']>;
  /** Does not wait any longer for the next try. */
  dialNow(): void;
  /** Hangs up; resolves when the connection is gone. */
  stop(): Promise<void>;
}

export interface ChannelDeps {
  readonly logger: Logger;
  /** At least 0, less than 1. */
  readonly random: () => number;
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  /** `state()` has something new to say. */
  readonly onChange?: () => void;
  readonly timing?: Partial<ChannelTiming>;
}

export interface ChannelTiming {
  readonly liveness: LivenessLimits;
  readonly handshakeMs: number;
  /** Changes of the status within this time travel as one. */
  readonly statusMs: number;
  /** How often it is looked at whether the controller is silent. */
  readonly tickMs: number;
  /** When a configuration is offered again that was refused for a reason that passes. */
  readonly offerAgain: BackoffLimits;
  /** When the controller is asked for a text that the disk of this machine lost. */
  readonly lostText: LostTextTiming;
}

const maxRefusal = 4096;

const defaultTiming: ChannelTiming = {
  liveness: defaultLiveness,
  handshakeMs: 15_000,
  statusMs: 100,
  tickMs: 5000,
  offerAgain: { baseMs: 1000, capMs: 60_000 },
  lostText: { patienceMs: 5000, everyMs: 60_000 },
};

export function connectController(
  agent: FollowedAgent,
  settings: ControllerSettings,
  deps: ChannelDeps,
): ControllerChannel {
  const { logger } = deps;
  const timing = { ...defaultTiming, ...deps.timing };
  const sideSettings = sideSettingsOf(settings, timing.liveness);
  const stopping = new AbortController();
  const instance = randomUUID();
  const url = shownUrl(settings.url);
  let shown: ReturnType<ControllerChannel['state']> = {
    url,
    connected: false,
    message: 'connecting',
  };
  let side = stoppedAgentSide;
  let socket: MessageSocket | undefined;
  let retry: NodeJS.Timeout | undefined;
  let offering: Offering | undefined;
  let gone = Promise.resolve();

  const show = (connected: boolean, message: string): void => {
    if (shown.connected === connected && shown.message === message) return;
    logger[connected ? 'info' : 'warn'](message, { url });
    const since = connected === shown.connected ? shown.since : new Date().toISOString();
    const { since: _since, ...others } = shown;
    shown = { ...others, connected, message, ...(since === undefined ? {} : { since }) };
    deps.onChange?.();
  };

  const showRefusal = (message: string | undefined): void => {
    if (shown.refused === message) return;
    const { refused: _refused, ...others } = shown;
    shown = { ...others, ...(message !== undefined && { refused: message.slice(0, maxRefusal) }) };
    deps.onChange?.();
  };

  const tell = (event: AgentSideEvent): void => {
    const { state, actions } = stepAgentSide(side, event, sideSettings);
    side = state;
    if (isWelcome(side)) show(true, 'connected with the controller');
    for (const action of actions) perform(action);
  };

  const offered = (judged: Judged | undefined): void => {
    if (judged === undefined) return;
    showRefusal(judged.type === 'refused' ? judged.failure.message : undefined);
    tell(judged);
  };

  const offeringDeps: OfferingDeps = {
    random: deps.random,
    limits: timing.offerAgain,
    retrying: ({ ref, failure }) => {
      showRefusal(failure.message);
      tell({ type: 'failed', ref, failure });
    },
  };

  /** The newest wins: one that is refused for now does not keep it waiting. */
  const received = (message: ChannelMessage): void => {
    tell({ type: 'received', now: performance.now(), message });
    if (side.phase === 'open' && side.connection.work.next !== undefined) {
      offering?.callOff('superseded');
    }
  };

  /** A fault in handling what came ends this connection; the next one begins from nothing. */
  const abandon = (error: unknown): void => {
    brokenBy(error);
    socket?.close(closeCodes.internalError, 'a message could not be handled');
  };

  /** For timers and for what the agent tells: nobody above them would catch it. */
  const tellGuarded = (event: AgentSideEvent): void => {
    try {
      tell(event);
    } catch (error) {
      abandon(error);
    }
  };

  let failures = 0;
  const brokenBy = (error: unknown): void => {
    failures += 1;
    const message = 'hanging up: a message of the controller could not be handled';
    logger.error(message, { url, reason: reasonOf(error), failures });
  };

  const perform = (action: AgentSideAction): void => {
    switch (action.type) {
      case 'dial':
        gone = connect();
        break;
      case 'send':
        socket?.send(JSON.stringify(action.message));
        break;
      case 'offer':
        offering = offerUntilJudged(agent, action.config, offeringDeps);
        void offering.judged.then(offered).catch(abandon);
        break;
      case 'reconnect-after':
        retry = setTimeout(tell, action.delayMs, { type: 'due' });
        break;
      case 'close':
        logger.info(`hanging up: ${action.reason}`, { url });
        socket?.close(action.code, action.reason);
        break;
    }
  };

  const connect = async (): Promise<void> => {
    // With its parsers: only agents that have a controller need them before a configuration comes.
    const { factsOf, helloOf } = await import('./hello.ts');
    let unfollow: (() => void) | undefined;
    const failure = await dial(
      settings,
      {
        opened: (messages) => {
          socket = messages;
          const hello = helloOf(agent, sideSettings.cluster, instance);
          tell({ type: 'opened', now: performance.now(), hello, status: agent.readings.status() });
          unfollow = followAgent(agent, factsOf, timing, tellGuarded);
        },
        message: received,
        garbage: (reason) => tell({ type: 'garbage', reason }),
        failed: brokenBy,
      },
      { logger, handshakeMs: timing.handshakeMs },
      stopping.signal,
    );
    unfollow?.();
    offering?.callOff('gone');
    socket = undefined;
    disconnected(failure);
  };

  const disconnected = ({ message, retryAfterMs }: DialFailure): void => {
    if (!stopping.signal.aborted) show(false, message);
    tell({
      type: 'closed',
      now: performance.now(),
      random: deps.random(),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  };

  const stopAsking = askForLostText(agent, {
    lineage: controllerLineage(sideSettings.cluster),
    clock: deps.clock,
    timing: timing.lostText,
    askAgain: ({ number }) => {
      const reason = `the stored text of revision ${String(number)} was lost: asking for it again`;
      logger.warn(`hanging up: ${reason}`, { url });
      socket?.close(closeCodes.goingAway, reason);
    },
  });

  tell({ type: 'start' });
  return {
    state: () => shown,
    dialNow: () => {
      clearTimeout(retry);
      tell({ type: 'due' });
    },
    stop: async () => {
      clearTimeout(retry);
      stopAsking();
      tell({ type: 'stop' });
      stopping.abort();
      await gone;
    },
  };
}

function sideSettingsOf(settings: ControllerSettings, liveness: LivenessLimits): AgentSideSettings {
  const { baseSeconds = 0.5, capSeconds = 30 } = settings.reconnect ?? {};
  return {
    cluster: settings.cluster ?? 'default',
    backoff: { baseMs: baseSeconds * 1000, capMs: capSeconds * 1000 },
    liveness,
  };
}
