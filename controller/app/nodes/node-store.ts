import { backoff } from '../../../core/protocol/backoff.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';

export interface NodeStore {
  /** Something changed: it is written soon, together with what changes until then. */
  readonly changed: () => void;
  /** Why what changed is not on disk; undefined: it is, or will be soon. */
  readonly problem: () => string | undefined;
  /** Writes what is not written yet. */
  readonly flush: () => Promise<void>;
}

const longestRetryMs = 60_000;

/**
 * Five thousand nodes that report in one second make one file, not five thousand. What could not be
 * written is tried again by itself: a full disk is freed without any node changing.
 */
export function createNodeStore(
  save: () => Promise<void>,
  delayMs: number,
  logger: Logger,
): NodeStore {
  const retryLimits = { baseMs: delayMs, capMs: longestRetryMs };
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let failures = 0;
  let problem: string | undefined;

  const saveOnce = async (): Promise<void> => {
    try {
      await save();
      if (problem !== undefined) logger.info('the nodes are kept again');
      problem = undefined;
      failures = 0;
    } catch (error) {
      const said = `cannot keep the nodes: ${reasonOf(error)}`;
      if (said !== problem) logger.error(said);
      problem = said;
      timer ??= setTimeout(() => void write(), backoff(failures, retryLimits, Math.random()));
      failures += 1;
    }
  };
  const write = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(saveOnce);
    return writing;
  };
  return {
    changed: () => {
      timer ??= setTimeout(() => void write(), delayMs);
    },
    problem: () => problem,
    flush: async () => {
      await (timer === undefined ? writing : write());
      // It is the end: nobody waits for another attempt.
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
