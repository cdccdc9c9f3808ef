import { reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/logger.ts';

export interface NodesKeeper {
  /** Something changed: it is written soon, together with what changes until then. */
  readonly changed: () => void;
  /** Writes what is not written yet. */
  readonly flush: () => Promise<void>;
}

const restFactor = 5;

/** Five thousand nodes that report in one second make one file, not five thousand. */
export function nodesKeeper(
  save: () => Promise<void>,
  delayMs: number,
  logger: Logger,
): NodesKeeper {
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  /** A large file is written less often: most of the time is for other work. */
  let lastTookMs = 0;

  const timed = async (): Promise<void> => {
    const began = performance.now();
    await save();
    lastTookMs = performance.now() - began;
  };
  const write = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(timed).catch((error: unknown) => {
      logger.error(`cannot keep the nodes: ${reasonOf(error)}`);
    });
    return writing;
  };
  return {
    changed: () => {
      timer ??= setTimeout(() => void write(), Math.max(delayMs, lastTookMs * restFactor));
    },
    flush: () => (timer === undefined ? writing : write()),
  };
}
