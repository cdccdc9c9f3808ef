import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../../runtime/log/logger.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import { systemClock } from '../adapters/system-clock/system-clock.ts';
import type { FollowedAgent as Followed } from '../app/agent.ts';
import type { RunningAgent } from '../app/create-agent.ts';
import type {
  CertificateFollower,
  FollowedCertificate,
} from '../app/identity/follow-certificate.ts';
import type { ControllerChannel } from '../channel/connect-controller.ts';
import type { DaemonSettings } from '../settings.ts';

type Controller = DaemonSettings['controller'];
type FollowedAgent = Followed & Pick<RunningAgent, 'refreshStatus' | 'health'>;

/** The connection to the controller. Its code is loaded only if agent.yaml names one. */
export interface ControllerLink {
  state(): AgentStatus['controller'];
  /** The certificate that is presented; undefined: there is none. */
  certificate(): AgentStatus['certificate'];
  /**
   * Connects, disconnects, or connects to another controller, by the settings; after `stop` it does
   * nothing.
   */
  follow(agent: FollowedAgent, settings: Controller): Promise<void>;
  stop(): Promise<void>;
}

export function createControllerLink(logger: Logger, stateDirectory: string): ControllerLink {
  let channel: ControllerChannel | undefined;
  let following: CertificateFollower | undefined;
  let certificate: AgentStatus['certificate'];
  let current: Controller;
  let stopped = false;
  const isStopped = (): boolean => stopped;
  const hangUp = async (): Promise<void> => {
    following?.stop();
    following = undefined;
    certificate = undefined;
    await channel?.stop();
    channel = undefined;
  };
  return {
    state: () => channel?.state(),
    certificate: () => certificate,
    follow: async (agent, settings) => {
      if (isStopped()) return;
      if (isDeepStrictEqual(settings, current)) {
        following?.look();
        return channel?.dialNow();
      }
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
      const show = (next: AgentStatus['certificate']): void => {
        certificate = next;
        agent.refreshStatus();
      };
      const parts = { logger, health: agent.health, show };
      following = settings && (await beginFollowing(settings, stateDirectory, parts));
      if (isStopped()) following?.stop();
      agent.refreshStatus();
    },
    stop: async () => {
      stopped = true;
      await hangUp();
    },
  };
}

/** Follows the certificate that is presented; undefined: there is none. */
async function beginFollowing(
  { url, caFile, identity }: NonNullable<Controller>,
  stateDirectory: string,
  parts: Pick<FollowedCertificate, 'logger' | 'health' | 'show'>,
): Promise<CertificateFollower | undefined> {
  if (identity === undefined) return undefined;
  const { identityFiles } = await import('../app/identity/identity-files.ts');
  const { nodeFile, authorityFile } = identityFiles(path.resolve(stateDirectory));
  const isOurs = (file: string): boolean => path.resolve(file) === nodeFile;
  const own = { ...parts, clock: systemClock };
  if (!isOurs(identity.certFile) || !isOurs(identity.keyFile)) {
    const { followCertificate } = await import('../app/identity/follow-certificate.ts');
    return followCertificate({ ...own, certFile: identity.certFile });
  }
  const { keepRenewed } = await import('../app/identity/keep-renewed.ts');
  const ca = caFile === undefined ? {} : { caFile };
  const { controllerUrls } = await import('../../core/controller-address/controller-address.ts');
  const controllers = controllerUrls(url);
  return keepRenewed({ ...own, nodeFile, authorityFile, ...ca, controllers });
}
