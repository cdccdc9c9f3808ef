/**
 * Locks and reads the controller's state, again until that succeeds. The controller answers
 * meanwhile.
 */
import type { Logger } from '../../../runtime/log/logger.ts';
import { createOpening } from '../../../runtime/files/opening.ts';
import type { FleetStore } from '../store/fleet-store.ts';
import type { Fleet } from './fleet.ts';

export interface FleetOpening {
  /** Resolves after the first attempt: undefined, or the error. */
  first(): Promise<unknown>;
  /** Resolves when the state is known. */
  readonly opened: Promise<void>;
  stop(): Promise<void>;
}

export interface FleetOpeningDeps {
  /** @returns why this controller does nothing for now, such as that another one leads */
  readonly standby?: (() => Promise<string | undefined>) | undefined;
  /** Calls back when `standby` may have another answer. @returns a function that ends this */
  readonly watchStandby?: ((changed: () => void) => () => void) | undefined;
  /** Locks the state directory. @throws AppError while its disk does not allow it */
  readonly claim: () => Promise<void>;
  readonly store: Pick<FleetStore, 'load'>;
  readonly fleet: Pick<Fleet, 'restore' | 'unknownBecause'>;
  readonly random: () => number;
  readonly logger: Logger;
}

/** How soon a standby looks again in any case; the leader's lease is longer. */
const standbyMs = 2000;

export function openFleet(deps: FleetOpeningDeps): FleetOpening {
  const { claim, store, fleet, watchStandby, random, logger } = deps;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let unwatch: (() => void) | undefined;
  /** Looks at once; undefined: a look is under way, or a failure needs its pause. */
  let due: (() => void) | undefined;
  let failure: unknown;
  let tellOpened: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    tellOpened = resolve;
  });
  const standby = createStandby(deps);
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
    const isStandby = await standby();
    const delayMs = isStandby ? standbyMs : await opening.attempt();
    if (delayMs === undefined) {
      unwatch?.();
      tellOpened();
    }
    if (delayMs === undefined || isStopped) return;
    const again = (): void => {
      clearTimeout(timer);
      due = undefined;
      running = attempt();
    };
    due = isStandby ? again : undefined;
    timer = setTimeout(again, delayMs);
    if (isStandby) unwatch ??= watchStandby?.(() => due?.());
  };
  running = attempt();
  return {
    first: async () => {
      await running;
      return failure;
    },
    opened,
    stop: async () => {
      isStopped = true;
      unwatch?.();
      due = undefined;
      clearTimeout(timer);
      await running;
    },
  };
}

/** @returns whether this controller stands by; says so once for each reason */
function createStandby({
  standby,
  fleet,
  logger,
}: Pick<FleetOpeningDeps, 'standby' | 'fleet' | 'logger'>): () => Promise<boolean> {
  let told: string | undefined;
  return async () => {
    const reason = await standby?.();
    if (reason !== undefined) {
      fleet.unknownBecause(reason, 'standby');
      if (reason !== told) logger.info(reason);
    }
    told = reason;
    return reason !== undefined;
  };
}
