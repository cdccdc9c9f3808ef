import type { Clock } from '../../ports/clock.ts';

/**
 * After several corrections in a row the agent only reports drift, so that two programs do not
 * correct each other without end.
 */
export interface DriftBrake {
  mayCorrect(): boolean;
  /** A correction was written by this agent. */
  corrected(): void;
  /** Takes the number of corrections in the writer record, by any agent. */
  seen(total: number): void;
}

const maxCorrections = 5;
const calmMs = 10 * 60_000;

export function createDriftBrake(clock: Pick<Clock, 'elapsed'>): DriftBrake {
  /** The times at which the agent wrote or read the newest corrections. */
  let corrections: readonly number[] = [];
  let known: number | undefined;
  let own = 0;
  const count = (): void => {
    corrections = [...corrections, clock.elapsed()].slice(-maxCorrections);
  };
  return {
    mayCorrect: () => {
      const since = clock.elapsed() - calmMs;
      return corrections.filter((at) => at > since).length < maxCorrections;
    },
    corrected: () => {
      own += 1;
      count();
    },
    seen: (total) => {
      const others = Math.min(total - (known ?? total) - own, maxCorrections);
      for (let correction = 0; correction < others; correction += 1) count();
      known = total;
      own = 0;
    },
  };
}
