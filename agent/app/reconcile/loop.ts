import { AppError } from '../../../runtime/errors.ts';
import type { Clock } from '../../ports/clock.ts';

/** Runs one pass at a time: when it is woken, and again when the pass itself asked for it. */
export interface Loop {
  /** A pass soon; where one runs, another after it. */
  wake(): void;
  /** Runs a task while no pass runs, and a pass after it. What it throws is the caller's. */
  between<T>(task: () => Promise<T>): Promise<T>;
  /** A pass or a task runs, and is not only waited for. */
  isRunning(): boolean;
  /** Resolves when no pass runs, and none will. */
  stop(): Promise<void>;
}

interface Task {
  readonly run: () => Promise<void>;
  readonly reject: (reason: unknown) => void;
}

/** A pass returns after how many ms it wants to run again, 0: at once; undefined: when it is woken. It never throws. */
export function createLoop(clock: Clock, pass: () => Promise<number | undefined>): Loop {
  let running: Promise<void> | undefined;
  const tasks: Task[] = [];
  let wakes = 0;
  let stopped = false;
  let cancelTimer = (): void => undefined;

  const run = async (): Promise<void> => {
    let delay: number | undefined;
    let seen: number;
    do {
      seen = wakes;
      for (const { run: task } of tasks.splice(0)) await task();
      delay = await pass();
    } while ((wakes !== seen || delay === 0) && !stopped);
    running = undefined;
    if (delay !== undefined && !stopped) cancelTimer = clock.after(delay, wake);
  };
  const wake = (): void => {
    if (stopped) return;
    cancelTimer();
    wakes += 1;
    running ??= run();
  };
  const between = <T>(task: () => Promise<T>): Promise<T> => {
    if (stopped) return Promise.reject(ending());
    return new Promise((resolve, reject) => {
      tasks.push({ run: () => task().then(resolve, reject), reject });
      wake();
    });
  };
  return {
    wake,
    between,
    isRunning: () => running !== undefined,
    stop: async () => {
      stopped = true;
      cancelTimer();
      await running;
      for (const { reject } of tasks.splice(0)) reject(ending());
    },
  };
}

function ending(): AppError {
  return new AppError('not-ready', 'the agent is about to end', { retryable: true });
}
