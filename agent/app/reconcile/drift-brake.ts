import type { Clock } from '../../ports/clock.ts';

/** Two who correct each other all night help nobody: after some corrections in a row it only reports. */
export interface DriftBrake {
  mayCorrect(): boolean;
  /** A correction was written by this agent. */
  corrected(): void;
  /** How many the writer record counts by now, whoever wrote them. */
  seen(total: number): void;
}

const maxCorrections = 5;
const calmMs = 10 * 60_000;

export function createDriftBrake(clock: Pick<Clock, 'elapsed'>): DriftBrake {
  /** When the agent wrote or read them; the newest ones. */
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
