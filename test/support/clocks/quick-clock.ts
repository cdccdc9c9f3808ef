import type { Clock } from '../../../agent/ports/clock.ts';

/** A minute is over at once, at three in the night of a Sunday, by the clock of this machine. */
export const quickClock: Clock = {
  now: () => new Date(2026, 0, 4, 3).toISOString(),
  elapsed: () => performance.now() * 1000,
  random: () => 0.5,
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds / 1000);
    return () => clearTimeout(timer);
  },
};
