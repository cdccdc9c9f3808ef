/** For how long conditions have been true without a break, by readings with pauses between them. */
import type { Clock } from '../../ports/clock.ts';

export interface HowLong {
  /** It is true now: for how many ms it has been so. @param everyMs the usual pause between two readings */
  isTrue(key: string, everyMs: number): number;
  isFalse(key: string): void;
  forgetAll(): void;
}

/** Between two readings that show that a condition was true all the time, in usual pauses. */
const maxPauses = 4;

export function createHowLong({ elapsed }: Pick<Clock, 'elapsed'>): HowLong {
  const known = new Map<string, { readonly sinceMs: number; readonly readAtMs: number }>();
  return {
    isTrue: (key, everyMs) => {
      const nowMs = elapsed();
      const before = known.get(key);
      const isUnbroken = before !== undefined && nowMs - before.readAtMs <= maxPauses * everyMs;
      const sinceMs = isUnbroken ? before.sinceMs : nowMs;
      known.set(key, { sinceMs, readAtMs: nowMs });
      return nowMs - sinceMs;
    },
    isFalse: (key) => void known.delete(key),
    forgetAll: () => {
      known.clear();
    },
  };
}
