import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../../runtime/log/logger.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import { systemClock } from '../adapters/system-clock/system-clock.ts';
import type { FollowedAgent as Followed } from '../app/agent.ts';
import type { RunningAgent } from '../app/create-agent.ts';
import type { ControllerChannel } from '../channel/connect-controller.ts';
import type { DaemonSettings } from '../settings.ts';

type Controller = DaemonSettings['controller'];
type FollowedAgent = Followed & Pick<RunningAgent, 'refreshStatus' | 'health'>;

/** The connection to the controller. Its code is loaded only if agent.yaml names one. */
export interface ControllerLink {
  state(): AgentStatus['controller'];
  /**
   * Connects, disconnects, or connects to another controller, by the settings; after `stop` it does
   * nothing.
   */
  follow(agent: FollowedAgent, settings: Controller): Promise<void>;
  stop(): Promise<void>;
}

export function createControllerLink(logger: Logger): ControllerLink {
  let channel: ControllerChannel | undefined;
  let current: Controller;
  let stopped = false;
  const isStopped = (): boolean => stopped;
  const hangUp = async (): Promise<void> => {
    await channel?.stop();
    channel = undefined;
  };
  return {
    state: () => channel?.state(),
    follow: async (agent, settings) => {
      if (isStopped()) return;
      if (isDeepStrictEqual(settings, current)) return channel?.dialNow();
      await hangUp();
      current = settings;
      if (settings !== undefined) {
        const { connectController } = await import('../channel/connect-controller.ts');
        // It was stopped meanwhile, so nothing would end a new connection.
        if (isStopped()) return;
        channel = connectController(agent, settings, {
          logger,
          random: systemClock.random,
          clock: systemClock,
          onChange: () => agent.refreshStatus(),
          health: agent.health,
        });
      }
      agent.refreshStatus();
    },
    stop: async () => {
      stopped = true;
      await hangUp();
    },
  };
}
