import type { Clock } from '../../../agent/ports/clock.ts';

export interface ManualClock extends Clock {
  /** Runs everything that is due by then. */
  advance(milliseconds: number): void;
  /** Waits until a caller sets a timer, possibly in a later turn, and lets its time pass. */
  passNext(): Promise<void>;
  /** The times of the timers that wait, from now, in ms. */
  waiting(): readonly number[];
}

/** A clock that a test moves. Its wall clock counts seconds, so that entries differ. */
export function createManualClock(): ManualClock {
  let now = 0;
  let told = 0;
  const timers = new Map<symbol, { readonly due: number; readonly run: () => void }>();
  const advance = (milliseconds: number): void => {
    now += milliseconds;
    for (const [key, { due, run }] of timers) {
      if (due > now) continue;
      timers.delete(key);
      run();
    }
  };
  return {
    now: () => new Date(Date.UTC(2026, 0, 1) + 1000 * told++).toISOString(),
    elapsed: () => now,
    random: () => 0.5,
    after: (milliseconds, run) => {
      const key = Symbol('timer');
      timers.set(key, { due: now + milliseconds, run });
      return () => void timers.delete(key);
    },
    advance,
    passNext: async () => {
      while (timers.size === 0) await new Promise((resolve) => setImmediate(resolve));
      advance(Math.max(...[...timers.values()].map(({ due }) => due - now)));
    },
    waiting: () => [...timers.values()].map(({ due }) => due - now),
  };
}
