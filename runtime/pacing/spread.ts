/**
 * Spreads work that others cause over the turns of the event loop, in its order: when it has used
 * its time in one turn, the rest waits for the next, and other work (a request on another socket, a
 * heartbeat) comes in between.
 */
export interface Turns {
  /** Runs the work now or in one of the next turns. The work must not throw. */
  run(work: () => void): void;
}

const turnMs = 20;

export function createTurns(mostMs: number = turnMs): Turns {
  let waiting: (() => void)[] = [];
  /** How many of them are done. Taking the first of a long array moves all others. */
  let done = 0;
  let spentMs = 0;
  let isScheduled = false;

  const work = (one: () => void): void => {
    const began = performance.now();
    one();
    spentMs += performance.now() - began;
  };
  const turn = (): void => {
    isScheduled = false;
    const began = performance.now();
    spentMs = 0;
    while (spentMs < mostMs) {
      const next = waiting[done];
      if (next === undefined) break;
      done += 1;
      next();
      spentMs = performance.now() - began;
    }
    // Those that wait go on, and others may have come meanwhile.
    waiting = waiting.slice(done);
    done = 0;
    if (waiting.length > 0) schedule();
  };
  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(turn);
  };
  return {
    run: (one) => {
      schedule();
      if (waiting.length === 0 && spentMs < mostMs) work(one);
      else waiting.push(one);
    },
  };
}

/** Turns for a single connection, whose other side can block no others. */
export const atOnce: Turns = { run: (work) => work() };
