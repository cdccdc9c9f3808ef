import { backoff } from '../../../core/protocol/backoff.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { quietTimer } from '../../../runtime/pacing/quiet-timer.ts';

export interface NodeStore {
  /** Called after a change, which is written soon, together with further ones. */
  readonly changed: () => void;
  /** Why the changes are not on disk; undefined: they are, or will be soon. */
  readonly problem: () => string | undefined;
  /** Resolves when the changes until now are on disk, or `problem` says why not. */
  readonly settled: () => Promise<void>;
  /** Writes the changes that are not on disk yet. */
  readonly flush: () => Promise<void>;
}

export interface WritePace {
  /** Changes within this time are written together. */
  readonly delayMs: number;
  /**
   * They are written sooner when no further change came for about this long: after a burst nothing
   * is waited for. Absent: never sooner.
   */
  readonly quietMs?: number;
}

const longestRetryMs = 60_000;

/**
 * Writes many changes together: five thousand nodes that report within a second make one write.
 * Tries again after a failure, because a full disk may be freed without any node changing.
 * @param what the written data, for people: `the nodes`
 */
export function createNodeStore(
  save: () => Promise<void>,
  { delayMs, quietMs = delayMs }: WritePace,
  what: string,
  logger: Logger,
): NodeStore {
  const retryLimits = { baseMs: delayMs, capMs: longestRetryMs };
  let writing: Promise<void> = Promise.resolve();
  let failures = 0;
  let problem: string | undefined;

  const saveOnce = async (): Promise<void> => {
    try {
      await save();
      if (problem !== undefined) logger.info(`${what} are written to disk again`);
      problem = undefined;
      failures = 0;
    } catch (error) {
      const said = `cannot write ${what} to disk: ${reasonOf(error)}`;
      if (said !== problem) logger.error(said);
      problem = said;
      timer.dueIn(backoff(failures, retryLimits, Math.random()));
      failures += 1;
    }
  };
  const write = (): Promise<void> => {
    timer.taken();
    writing = writing.then(saveOnce);
    return writing;
  };
  // Single changes that come one after the other are not a transaction each.
  const times = { longestMs: delayMs, quietMs, apartMs: delayMs / 2 };
  const timer = quietTimer(times, () => void write());
  return {
    changed: timer.touch,
    problem: () => problem,
    settled: () => (problem !== undefined || !timer.isDue() ? writing : write()),
    flush: async () => {
      await (timer.isDue() ? write() : writing);
      // The process ends, so there is no other attempt.
      timer.taken();
    },
  };
}
