import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../runtime/logger.ts';
import type { AgentStatus } from '../schemas/generated/agent-status.ts';
import type { RunningAgent } from './app/create-agent.ts';
import type { ControllerChannel } from './channel/connect-controller.ts';
import type { DaemonSettings } from './settings.ts';

type Controller = DaemonSettings['controller'];

/** The connection with the controller, where agent.yaml names one; its code is loaded only then. */
export interface ControllerLink {
  state(): AgentStatus['controller'];
  /** Connects, hangs up, or dials another one, as the settings say. */
  follow(agent: RunningAgent, settings: Controller): Promise<void>;
  stop(): Promise<void>;
}

export function createControllerLink(logger: Logger): ControllerLink {
  let channel: ControllerChannel | undefined;
  let current: Controller;
  const stop = async (): Promise<void> => {
    await channel?.stop();
    channel = undefined;
  };
  return {
    state: () => channel?.state(),
    follow: async (agent, settings) => {
      if (isDeepStrictEqual(settings, current)) return;
      await stop();
      current = settings;
      if (settings !== undefined) {
        const { connectController } = await import('./channel/connect-controller.ts');
        const deps = { logger, random: Math.random, onChange: () => agent.refreshStatus() };
        channel = connectController(agent, settings, deps);
      }
      agent.refreshStatus();
    },
    stop,
  };
}
