import { backoff } from '../../../core/protocol/backoff.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';

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
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let failures = 0;
  let problem: string | undefined;
  /** Of the changes that wait: when the first came, how many there are, and were at the last look. */
  let sinceMs = 0;
  let waiting = 0;
  let seen = 0;
  let wroteMs = -Infinity;

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
      timer ??= setTimeout(() => void write(), backoff(failures, retryLimits, Math.random()));
      failures += 1;
    }
  };
  const write = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    waiting = 0;
    wroteMs = performance.now();
    writing = writing.then(saveOnce);
    return writing;
  };
  const lookIn = (ms: number): void => {
    seen = waiting;
    timer = setTimeout(look, ms);
  };
  const look = (): void => {
    const leftMs = sinceMs + delayMs - performance.now();
    if (waiting === seen || leftMs <= 0) void write();
    else lookIn(Math.min(quietMs, leftMs));
  };
  /** Single changes that come one after the other are not a transaction each. */
  const pauseMs = (): number => Math.max(quietMs, wroteMs + delayMs / 2 - sinceMs);
  return {
    changed: () => {
      waiting += 1;
      if (timer !== undefined) return;
      sinceMs = performance.now();
      lookIn(pauseMs());
    },
    problem: () => problem,
    settled: () => (problem !== undefined || timer === undefined ? writing : write()),
    flush: async () => {
      await (timer === undefined ? writing : write());
      // The process ends, so there is no other attempt.
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
