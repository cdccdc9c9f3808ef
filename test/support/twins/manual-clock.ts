import type { Clock } from '../../../agent/ports/clock.ts';

export interface ManualClock extends Clock {
  /** Runs what is due by then. */
  advance(milliseconds: number): void;
  /** The times until which somebody waits, from now, in ms. */
  waiting(): readonly number[];
}

/** A clock that a test moves. Its wall clock counts seconds, so that entries differ. */
export function createManualClock(): ManualClock {
  let now = 0;
  let told = 0;
  const timers = new Map<symbol, { readonly due: number; readonly run: () => void }>();
  return {
    now: () => new Date(Date.UTC(2026, 0, 1) + 1000 * told++).toISOString(),
    random: () => 0.5,
    after: (milliseconds, run) => {
      const key = Symbol('timer');
      timers.set(key, { due: now + milliseconds, run });
      return () => void timers.delete(key);
    },
    advance: (milliseconds) => {
      now += milliseconds;
      for (const [key, { due, run }] of timers) {
        if (due > now) continue;
        timers.delete(key);
        run();
      }
    },
    waiting: () => [...timers.values()].map(({ due }) => due - now),
  };
}
