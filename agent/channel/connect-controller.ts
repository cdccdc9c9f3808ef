/** Keeps the agent connected with its controller. */
import { controllerUrls } from '../../core/controller-address/controller-address.ts';
import type { AgentSideSettings } from '../../core/protocol/agent-side.ts';
import type { LivenessLimits } from '../../core/protocol/liveness.ts';
import { controllerLineage } from '../../core/protocol/messages.ts';
import type { FollowedAgent } from '../app/agent.ts';
import { askForLostText } from './ask-for-lost-text.ts';
import { defaultTiming, usualTransport, type ChannelDeps } from './channel-deps.ts';
import { shownUrl } from './controller-address.ts';
import { ControllerConnection } from './controller-connection.ts';
import type { ControllerSettings } from './dial.ts';
import { createShownConnection, type ControllerState } from './shown-connection.ts';

export interface ControllerChannel {
  /** The connection's state, for the agent's status. */
  state(): ControllerState;
  /** Makes the next attempt at once. */
  dialNow(): void;
  /** Ends the connection; resolves when it has ended. */
  stop(): Promise<void>;
}

export function connectController(
  agent: FollowedAgent,
  settings: ControllerSettings,
  deps: ChannelDeps,
): ControllerChannel {
  const { logger, random, clock, health, transport = usualTransport } = deps;
  const timing = { ...defaultTiming, ...deps.timing };
  const urls = controllerUrls(settings.url);
  const sideSettings = sideSettingsOf(settings, urls.length, timing.liveness);
  const shown = createShownConnection(shownUrl(urls[0]), deps);
  const parts = {
    agent,
    settings,
    urls,
    sideSettings,
    timing,
    logger,
    random,
    shown,
    transport,
    ...(health !== undefined && { health }),
  };
  const connection = new ControllerConnection(parts);
  const stopAsking = askForLostText(agent, {
    lineage: controllerLineage(sideSettings.cluster),
    clock,
    timing: timing.lostText,
    askAgain: ({ number }) => {
      const reason = `the stored text of revision ${String(number)} was lost: asking for it again`;
      logger.warn(`hanging up: ${reason}`, { url: shown.state().url });
      connection.hangUp(reason);
    },
  });
  connection.start();
  return {
    state: shown.state,
    dialNow: () => connection.dialNow(),
    stop: async () => {
      stopAsking();
      await connection.stop();
      health?.succeeded('controller');
    },
  };
}

function sideSettingsOf(
  settings: ControllerSettings,
  addresses: number,
  liveness: LivenessLimits,
): AgentSideSettings {
  const { baseSeconds = 0.5, capSeconds = 30 } = settings.reconnect ?? {};
  return {
    cluster: settings.cluster ?? 'default',
    backoff: { baseMs: baseSeconds * 1000, capMs: capSeconds * 1000 },
    liveness,
    addresses,
  };
}
