/**
 * Runs work once for all callers that ask at the same time. A call that comes during a run gets the
 * answer of the next run, so the answer has everything that the caller changed before. At most one
 * run is under way and one waits, for any number of clients.
 *
 * The next run begins after a pause as long as the last run took: a client that asks without end
 * leaves half of the time to others.
 */
import { setTimeout as rest } from 'node:timers/promises';

const longestRestMs = 1000;

export function coalesced<T>(run: () => Promise<T>): () => Promise<T> {
  /** Resolves after the pause that follows the last run. */
  let resting: Promise<void> | undefined;
  let next: Promise<T> | undefined;
  const restAfter = async (begun: Promise<T>): Promise<void> => {
    const began = performance.now();
    await Promise.allSettled([begun]);
    await rest(Math.min(performance.now() - began, longestRestMs));
    resting = undefined;
  };
  const begin = (): Promise<T> => {
    next = undefined;
    const begun = run();
    resting = restAfter(begun);
    return begun;
  };
  return () => {
    if (resting === undefined) return begin();
    next ??= resting.then(begin);
    return next;
  };
}
