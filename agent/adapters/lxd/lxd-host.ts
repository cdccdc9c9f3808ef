/**
 * A machine with LXD, by LXD's own REST API. Incus, which began as LXD 5.0, has the same API in all
 * parts that are used here, but was not tested.
 */
import type { ObservedContainer } from '../../../core/lxd/observed-lxd.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';
import { isBpffsMounted, mountBpffs } from './inside/bpffs.ts';
import { changeState } from './change-state.ts';
import { findSocket } from './find-socket.ts';
import { askInnerAgent } from './inside/inner-agent.ts';
import { createLxdClient, type LxdClient } from './lxd-client.ts';
import { createLookInside, type LookInside } from './inside/look-inside.ts';
import { observeContainer, observeLxd } from './observe-lxd.ts';
import { preflight } from './preflight.ts';
import type { RunningContainer } from './inside/preflight-inside.ts';
import { setProfile } from './set-profile.ts';

export interface LxdHostOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Pick<Logger, 'warn'>;
}

export function createLxdHost({ environment, logger }: LxdHostOptions): LxdHost {
  /** Searched for each time, because LXD may be installed or removed while the agent runs. */
  const client = async (): Promise<LxdClient> => {
    const found = await findSocket(environment);
    if (found.socket !== undefined) return createLxdClient(found.socket);
    throw new AppError('datastore-failed', `cannot reach LXD: ${found.why}`, { retryable: true });
  };
  const look = createLookInside();
  return {
    observe: async () => {
      const found = await findSocket(environment);
      const [lxd, bpffsMounted] = await Promise.all([
        found.socket === undefined
          ? ({ state: 'absent', why: found.why } as const)
          : observeLxd(createLxdClient(found.socket), look),
        isBpffsMounted(),
      ]);
      return { daemon: lxd, bpffsMounted };
    },
    preflight: (changes) =>
      preflight(changes, async () => {
        const lxd = await observeLxd(await client(), noLook);
        return lxd.state === 'absent' ? [] : lxd.containers.flatMap(runningOf);
      }),
    apply: async (change) => {
      switch (change.action) {
        case 'mount-bpffs':
          return mountBpffs();
        case 'set-lxd-profile':
          return setProfile(await client(), change, logger);
      }
    },
    look: async (container) => observeContainer(await client(), container, look),
    restart: async (container, timeoutSeconds) =>
      changeState(await client(), container, { action: 'restart', timeoutSeconds }),
    start: async (container) =>
      changeState(await client(), container, { action: 'start', timeoutSeconds: 60 }),
    agentInside: async ({ inside }) => (inside === undefined ? 'none' : askInnerAgent(inside.pid)),
  };
}

/** Reads nothing inside containers. */
const noLook: LookInside = () => Promise.resolve({ sysctls: {} });

function runningOf({ inside, ...container }: ObservedContainer): readonly RunningContainer[] {
  return inside === undefined ? [] : [{ ...container, pid: inside.pid }];
}
