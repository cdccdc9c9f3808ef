/**
 * Work that others cause, spread over the turns of the event loop: once it has taken its time in one
 * turn, the rest waits for the next, and what else there is to do (a request on another socket, a
 * heartbeat) comes in between. In the order in which it came.
 */
export interface Turns {
  /** Runs the work now or in one of the next turns. The work must not throw. */
  run(work: () => void): void;
}

const turnMs = 20;

export function createTurns(mostMs: number = turnMs): Turns {
  const waiting: (() => void)[] = [];
  let spentMs = 0;
  let isScheduled = false;

  const work = (one: () => void): void => {
    const began = performance.now();
    one();
    spentMs += performance.now() - began;
  };
  const turn = (): void => {
    isScheduled = false;
    spentMs = 0;
    while (spentMs < mostMs) {
      const next = waiting.shift();
      if (next === undefined) break;
      work(next);
    }
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

/** For one connection, whose other side can block nobody else. */
export const atOnce: Turns = { run: (work) => work() };
