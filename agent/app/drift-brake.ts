import type { Clock } from '../ports/clock.ts';

/** Two who correct each other all night help nobody: after some corrections in a row it only reports. */
export interface DriftBrake {
  mayCorrect(): boolean;
  /** A correction was written. */
  corrected(): void;
}

const maxCorrections = 5;
const calmMs = 10 * 60_000;

export function createDriftBrake(clock: Pick<Clock, 'after'>): DriftBrake {
  let corrections = 0;
  return {
    mayCorrect: () => corrections < maxCorrections,
    corrected: () => {
      corrections += 1;
      clock.after(calmMs, () => {
        corrections -= 1;
      });
    },
  };
}
