/** Says what the start of a cluster waits for, so that a store that hangs is no riddle. */
import type { Logger } from '../../runtime/log/logger.ts';

export interface WaitDeps {
  /** Such as `etcd at https://10.0.0.1:2379`. */
  readonly place: string;
  readonly elapsedMs: () => number;
  /** Called with what to show while the wait lasts, and with undefined after it. */
  readonly waiting: (text: (() => string) | undefined) => void;
  readonly logger: Pick<Logger, 'warn'>;
}

/** A start that takes longer is worth a line in the log. */
const longMs = 3000;

/** Resolves and rejects as the work does. */
export async function tellWait<T>(
  work: Promise<T>,
  { place, elapsedMs, waiting, logger }: WaitDeps,
): Promise<T> {
  const begun = elapsedMs();
  const text = (): string => {
    const seconds = Math.round((elapsedMs() - begun) / 1000);
    return `has waited ${String(seconds)} s for the state to be read from ${place} and checked`;
  };
  waiting(text);
  const timer = setTimeout(() => logger.warn(`the start ${text()}`), longMs);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    waiting(undefined);
  }
}
