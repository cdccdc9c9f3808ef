/**
 * The state directory is taken and read before anything is done, and again and again where that
 * fails: a full or broken disk keeps nobody from being told the status.
 */
import { backoff } from '../../../core/protocol/backoff.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { StateKeeper } from '../state-keeper.ts';
import type { Activity } from '../status-board.ts';

export interface Opening {
  /** Returns after how many ms to try again; undefined: all is open. Never throws. */
  attempt(): Promise<number | undefined>;
}

export interface OpeningDeps {
  readonly state: Pick<StateKeeper, 'load' | 'isKnown'>;
  readonly claim: () => Promise<void>;
  readonly clock: Pick<Clock, 'random'>;
  readonly logger: Pick<Logger, 'error' | 'info'>;
  readonly show: (activity: Activity) => void;
}

const retryLimits = { baseMs: 1000, capMs: 60_000 };

export function createOpening(deps: OpeningDeps): Opening {
  const { state, claim, clock, logger, show } = deps;
  let failures = 0;
  let told: string | undefined;
  const fail = (error: unknown): number => {
    const reason = reasonOf(error);
    const needsPerson = !(error instanceof AppError && error.retryable);
    if (told !== reason) logger.error(`nothing is changed: ${reason}`);
    told = reason;
    const message = `${reason}; nothing is changed, and what is in force stays; it is tried again`;
    show({ state: 'failed', message, ...(needsPerson && { needsPerson }) });
    failures += 1;
    return backoff(failures - 1, retryLimits, clock.random());
  };
  return {
    attempt: async () => {
      try {
        await state.load();
        await claim();
      } catch (error) {
        return fail(error);
      }
      if (told !== undefined) logger.info('the state directory can be used again');
      failures = 0;
      told = undefined;
      return undefined;
    },
  };
}
