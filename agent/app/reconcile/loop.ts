import { AppError } from '../../../runtime/errors.ts';
import type { Clock } from '../../ports/clock.ts';

/** Runs one pass at a time: when it is woken, and after the time that the last pass returned. */
export interface Loop {
  /**
   * Begins to run passes; earlier wakes and tasks are kept until then. A pass returns the ms until
   * the next pass, 0: at once; undefined: when the loop is woken. It never throws.
   */
  run(pass: () => Promise<number | undefined>): void;
  /** Asks for a pass soon, or for another one after the running one. */
  wake(): void;
  /**
   * Runs a task while no pass runs, and a pass after it. Rejects with the error that the task
   * throws.
   */
  between<T>(task: () => Promise<T>): Promise<T>;
  /** Called between two steps of a pass, so that the watchdog sees progress. */
  progress(): void;
  /** A number for the running pass or step, for the watchdog; undefined: the loop waits. */
  underWay(): number | undefined;
  /** Resolves when no pass runs, and none will. */
  stop(): Promise<void>;
}

interface Task {
  readonly run: () => Promise<void>;
  readonly reject: (reason: unknown) => void;
}

export function createLoop(clock: Clock): Loop {
  let pass: (() => Promise<number | undefined>) | undefined;
  let running: Promise<void> | undefined;
  const tasks: Task[] = [];
  let wakes = 0;
  let stopped = false;
  let cancelTimer = (): void => undefined;

  let ended = 0;

  const runPasses = async (next: () => Promise<number | undefined>): Promise<void> => {
    let delay: number | undefined;
    let known: number;
    do {
      known = wakes;
      for (const { run: task } of tasks.splice(0)) await task();
      ended += 1;
      delay = await next();
    } while ((wakes !== known || delay === 0) && !stopped);
    running = undefined;
    if (delay !== undefined && !stopped) cancelTimer = clock.after(delay, wake);
  };
  const wake = (): void => {
    if (stopped) return;
    cancelTimer();
    wakes += 1;
    if (pass !== undefined) running ??= runPasses(pass);
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
    run: (next) => {
      pass = next;
      if (wakes > 0) wake();
    },
    progress: () => {
      ended += 1;
    },
    underWay: () => (running === undefined ? undefined : ended),
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
