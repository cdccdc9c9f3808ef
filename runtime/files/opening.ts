/**
 * Locks and reads a state directory before any other work, and again until that succeeds. Clients
 * get the status also with a full or broken disk.
 */
import { backoff } from '../../core/protocol/backoff.ts';
import { AppError, reasonOf } from '../errors.ts';
import type { Logger } from '../log/logger.ts';

export interface Opening {
  /** Returns after how many ms to try again; undefined: it succeeded. Never throws. */
  attempt(): Promise<number | undefined>;
}

export interface OpeningDeps {
  /** Locks and reads it, if that has not succeeded yet. */
  readonly open: () => Promise<void>;
  /** At least 0, less than 1. */
  readonly random: () => number;
  readonly logger: Pick<Logger, 'error' | 'info'>;
  readonly failed: (failure: OpeningFailure) => void;
}

export interface OpeningFailure {
  readonly reason: string;
  /** Waiting alone does not help. */
  readonly needsPerson: boolean;
  readonly error: unknown;
}

const retryLimits = { baseMs: 1000, capMs: 60_000 };

export function createOpening({ open, random, logger, failed }: OpeningDeps): Opening {
  let failures = 0;
  let logged: string | undefined;
  const fail = (error: unknown): number => {
    const reason = reasonOf(error);
    if (logged !== reason) logger.error(`cannot begin to work: ${reason}`);
    logged = reason;
    const needsPerson = !(error instanceof AppError && error.retryable);
    failed({ reason, needsPerson, error });
    failures += 1;
    return backoff(failures - 1, retryLimits, random());
  };
  return {
    attempt: async () => {
      try {
        await open();
      } catch (error) {
        return fail(error);
      }
      if (logged !== undefined) logger.info('the stored state can be used again');
      failures = 0;
      logged = undefined;
      return undefined;
    },
  };
}
