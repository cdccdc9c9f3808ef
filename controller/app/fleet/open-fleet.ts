/**
 * Locks and reads the controller's state directory, again until that succeeds. The controller
 * answers meanwhile.
 */
import type { Logger } from '../../../runtime/log/logger.ts';
import { createOpening } from '../../../runtime/files/opening.ts';
import type { FleetStore } from '../store/fleet-store.ts';
import type { Fleet } from './fleet.ts';

export interface FleetOpening {
  /** Resolves after the first attempt: undefined, or the error. */
  first(): Promise<unknown>;
  stop(): Promise<void>;
}

export interface FleetOpeningDeps {
  /** Locks the state directory. @throws AppError while its disk does not allow it */
  readonly claim: () => Promise<void>;
  readonly store: Pick<FleetStore, 'load'>;
  readonly fleet: Pick<Fleet, 'restore' | 'unknownBecause'>;
  readonly random: () => number;
  readonly logger: Logger;
}

export function openFleet({ claim, store, fleet, random, logger }: FleetOpeningDeps): FleetOpening {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let failure: unknown;
  const opening = createOpening({
    open: async () => {
      await claim();
      fleet.restore(await store.load());
    },
    random,
    logger,
    failed: ({ reason, error }) => {
      failure = error;
      fleet.unknownBecause(reason);
    },
  });
  let running: Promise<void>;
  const attempt = async (): Promise<void> => {
    failure = undefined;
    const delayMs = await opening.attempt();
    if (delayMs === undefined || isStopped) return;
    timer = setTimeout(() => {
      running = attempt();
    }, delayMs);
  };
  running = attempt();
  return {
    first: async () => {
      await running;
      return failure;
    },
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
