import path from 'node:path';
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

export function createControllerLink(logger: Logger, stateDirectory: string): ControllerLink {
  let channel: ControllerChannel | undefined;
  let endRenewal: (() => void) | undefined;
  let current: Controller;
  let stopped = false;
  const isStopped = (): boolean => stopped;
  const hangUp = async (): Promise<void> => {
    endRenewal?.();
    endRenewal = undefined;
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
      endRenewal = settings && (await beginRenewal(settings, stateDirectory, logger));
      if (isStopped()) endRenewal?.();
      agent.refreshStatus();
    },
    stop: async () => {
      stopped = true;
      await hangUp();
    },
  };
}

/** @returns a function that ends it; undefined: the certificate is not from `calico-agent enroll` */
async function beginRenewal(
  { url, caFile, identity }: NonNullable<Controller>,
  stateDirectory: string,
  logger: Logger,
): Promise<(() => void) | undefined> {
  if (identity === undefined) return undefined;
  const { identityFiles } = await import('../app/identity/identity-files.ts');
  const { nodeFile, authorityFile } = identityFiles(path.resolve(stateDirectory));
  const isOurs = (file: string): boolean => path.resolve(file) === nodeFile;
  if (!isOurs(identity.certFile) || !isOurs(identity.keyFile)) return undefined;
  const { keepRenewed } = await import('../app/identity/keep-renewed.ts');
  const ca = caFile === undefined ? {} : { caFile };
  const files = { nodeFile, authorityFile, ...ca };
  return keepRenewed({ ...files, controller: url, clock: systemClock, logger });
}
