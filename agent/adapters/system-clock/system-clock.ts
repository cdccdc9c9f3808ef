import type { Clock } from '../../ports/clock.ts';

/** Node's timers follow the monotonic clock: a wall clock that jumps moves none of them. */
export const systemClock: Clock = {
  now: () => new Date().toISOString(),
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
  elapsed: () => performance.now(),
  random: Math.random,
};
