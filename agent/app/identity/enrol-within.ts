/** Enrols this node, and tries again while the failure may pass. */
import { nextDelay } from '../../../core/protocol/backoff.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import { AnswerLater } from './ask-controller.ts';

export interface Attempts {
  /** For so long further attempts are made; 0: one attempt. */
  readonly ms: number;
  /** Milliseconds of a monotonic clock. */
  readonly elapsed: () => number;
  /** At least 0, less than 1. */
  readonly random: () => number;
  readonly rest: (ms: number) => Promise<unknown>;
  /** Called before each pause. */
  readonly tell: (reason: string, pauseMs: number) => Promise<void>;
}

const limits = { baseMs: 1000, capMs: 15_000 };

/**
 * Repeats the work until it succeeds, fails for good, or the time is over. No attempt begins after
 * that; one that has begun by then is not cut off, because its answer may be the certificate.
 * @throws AppError of the last attempt
 */
export async function enrolWithin<T>(
  work: () => Promise<T>,
  { ms, elapsed, random, rest, tell }: Attempts,
): Promise<T> {
  const end = elapsed() + ms;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AppError) || !error.retryable) throw error;
      const left = end - elapsed();
      const retryAfterMs = error instanceof AnswerLater ? error.retryAfterMs : 0;
      if (left <= 0 || retryAfterMs > left) throw givenUp(error, attempt + 1, ms);
      const delay = { attempt, limits, random: random(), retryAfterMs };
      const pauseMs = Math.min(left, nextDelay(delay));
      await tell(error.message, pauseMs);
      await rest(pauseMs);
    }
  }
}

function givenUp(error: AppError, attempts: number, ms: number): AppError {
  const hint =
    ms === 0
      ? '--wait tries again until the controller answers'
      : `gave up after ${String(attempts)} attempts in ${String(Math.round(ms / 1000))} s; run the same command again, it goes on with the same key`;
  return new AppError(error.code, `${reasonOf(error)}; ${hint}`, { cause: error });
}
