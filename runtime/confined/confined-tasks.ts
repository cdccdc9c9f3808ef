/**
 * Runs tasks in a process of its own, which is started when first needed, and ended after a short
 * idle time. Runs one task at a time; waiting tasks are bounded in number and time. If a task
 * reaches a limit or ends the process, only this task fails.
 */
import { AppError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import { otherWorkFirst } from '../pacing/in-turns.ts';
import { limitRepeats } from '../pacing/repeat-limit.ts';
import { startConfined, type ConfinedProcess, type ConfinedProgram } from './confined-process.ts';
import { failureError, isWorthLogging } from './failure-error.ts';
import { TaskError, type TaskLimits, type TaskTypes } from './limits.ts';

export interface RunOptions {
  /** For messages: `check the configuration`. */
  readonly what: string;
  /** Runs before tasks that are not urgent. */
  readonly isUrgent?: boolean;
  /** Aborted when the result is needed no more. */
  readonly signal?: AbortSignal;
}

export interface ConfinedTasks<Types extends TaskTypes<Types>> {
  /** @throws AppError limit-reached, not-ready, internal */
  run<Name extends keyof Types & string>(
    task: Name,
    input: Types[Name]['input'],
    options: RunOptions,
  ): Promise<Types[Name]['output']>;
  /** Ends the process; running and waiting tasks reject. */
  close(): void;
}

export interface Confinement {
  readonly program: ConfinedProgram;
  readonly limits: TaskLimits;
  /** How long an idle process is kept. */
  readonly idleMs: number;
  /** The most waiting tasks of each urgency. */
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
}

/** A process for the next task. */
interface Usable {
  readonly confined: ConfinedProcess;
  /** It has run no task yet. */
  readonly isFresh: boolean;
}

interface Waiting {
  readonly isUrgent: boolean;
  readonly begin: (start: () => Promise<Usable>) => Promise<void>;
  readonly refuse: (error: AppError) => void;
}

export function createConfinedTasks<Types extends TaskTypes<Types>>(
  options: Confinement,
): ConfinedTasks<Types> {
  const { program, limits, idleMs, maxWaiting, maxWaitMs } = options;
  let current: ConfinedProcess | undefined;
  let idle: NodeJS.Timeout | undefined;
  let isBusy = false;
  let isClosed = false;
  const queue = createQueue();
  const report = createReport(options.logger);

  const usable = async (): Promise<Usable> => {
    clearTimeout(idle);
    if (current?.isUsable() === true) return { confined: current, isFresh: false };
    await otherWorkFirst();
    if (isClosed) throw new TaskError({ kind: 'called-off' });
    current = startConfined(program, limits);
    return { confined: current, isFresh: true };
  };
  const runNext = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    for (let next = queue.take(); next !== undefined; next = queue.take()) await next.begin(usable);
    isBusy = false;
    idle = setTimeout(() => current?.kill(), idleMs);
  };
  const enqueue = <Name extends keyof Types & string>(
    task: Name,
    input: Types[Name]['input'],
    { what, isUrgent = false, signal }: RunOptions,
  ): Promise<Types[Name]['output']> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(late);
        signal?.removeEventListener('abort', callOff);
        queue.leave(entry);
      };
      const refuse = (error: AppError): void => {
        leave();
        reject(error);
      };
      const callOff = (): void => refuse(failureError(what, { kind: 'called-off' }));
      const late = setTimeout(() => refuse(tooBusy(what)), maxWaitMs);
      const begin = async (start: () => Promise<Usable>): Promise<void> => {
        leave();
        try {
          const run = ({ confined }: Usable): Promise<unknown> => confined.run(task, input, signal);
          resolve(await withOwnMemory(start, run));
        } catch (error) {
          if (isClosed) return reject(ending(what));
          reject(error instanceof TaskError ? report(what, error) : error);
        }
      };
      const entry: Waiting = { isUrgent, begin, refuse };
      if (signal?.aborted === true) return callOff();
      signal?.addEventListener('abort', callOff, { once: true });
      queue.add(entry);
      void runNext();
    });

  return {
    run: async (task, input, runOptions) => {
      const { what, isUrgent = false } = runOptions;
      if (isClosed) throw ending(what);
      const alike = queue.all().filter((one) => one.isUrgent === isUrgent);
      if (alike.length >= maxWaiting) throw tooBusy(what);
      return enqueue(task, input, runOptions);
    },
    close: () => {
      isClosed = true;
      for (const { refuse } of queue.all()) refuse(ending('go on'));
      clearTimeout(idle);
      current?.kill();
    },
  };
}

/**
 * Runs a task once more in a new process where a used one reached the limit of memory: garbage that
 * earlier tasks left there counts towards the limit, which is for one task. A result that is too
 * large would be so again.
 */
async function withOwnMemory<T>(
  start: () => Promise<Usable>,
  run: (usable: Usable) => Promise<T>,
): Promise<T> {
  const first = await start();
  try {
    return await run(first);
  } catch (error) {
    if (first.isFresh || !isMemoryLimit(error)) throw error;
    return run(await start());
  }
}

function isMemoryLimit(error: unknown): boolean {
  if (!(error instanceof TaskError)) return false;
  const { failure } = error;
  return failure.kind === 'limit' && failure.limit === 'memory';
}

/** The waiting tasks in their order. */
interface Queue {
  add(entry: Waiting): void;
  leave(entry: Waiting): void;
  /** Takes the first urgent one out, else the first one. */
  take(): Waiting | undefined;
  all(): readonly Waiting[];
}

function createQueue(): Queue {
  let waiting: readonly Waiting[] = [];
  const leave = (entry: Waiting | undefined): void => {
    waiting = waiting.filter((one) => one !== entry);
  };
  return {
    add: (entry) => {
      waiting = [...waiting, entry];
    },
    leave,
    take: () => {
      const next = waiting.find(({ isUrgent }) => isUrgent) ?? waiting[0];
      leave(next);
      return next;
    },
    all: () => waiting,
  };
}

/** Logs each important failure once, with its context, and counts repeated ones. */
function createReport(
  logger: Pick<Logger, 'warn' | 'error'>,
): (what: string, error: TaskError) => AppError {
  const isDue = limitRepeats();
  let failures = 0;
  return (what, { failure }) => {
    const error = failureError(what, failure);
    if (!isWorthLogging(failure)) return error;
    failures += 1;
    const times = isDue(`${failure.kind} ${what}`, performance.now());
    if (times === undefined) return error;
    const detail = 'detail' in failure ? { detail: failure.detail } : {};
    const level = failure.kind === 'limit' ? 'warn' : 'error';
    logger[level](error.message, { ...detail, times, failuresSinceStart: failures });
    return error;
  };
}

function tooBusy(what: string): AppError {
  return new AppError(
    'not-ready',
    `cannot ${what}: too many others wait for the same; try again in a minute`,
    { retryable: true },
  );
}

function ending(what: string): AppError {
  return new AppError('not-ready', `cannot ${what}: the program is about to end`, {
    retryable: true,
  });
}
