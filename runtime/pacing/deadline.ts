/**
 * Deadlines that fire on every Node release. On Node 20 the result of `AbortSignal.any` with an
 * `AbortSignal.timeout` may be collected as garbage, and then never fires
 * (https://github.com/nodejs/node/issues/54614). Here a timer of ours holds the signal until the
 * work has ended.
 */
export interface Deadline {
  /** Aborted when the time is over, or when the given signal is aborted. */
  readonly signal: AbortSignal;
  /** True: the time was over, and the other signal was not aborted. */
  isOver(): boolean;
  /** Runs work of this program during which the time stands still; one at a time. */
  uncounted<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Runs work with a deadline. The work has to watch the signal, which is the only thing that stops
 * it.
 *
 * @param milliseconds at most 2^31 - 1
 * @param parent ends the work too, when it is aborted
 */
export async function withDeadline<T>(
  milliseconds: number,
  parent: AbortSignal | undefined,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  let isOver = false;
  let left = milliseconds;
  const start = (): Running => {
    const timer = setTimeout(() => {
      isOver = true;
      ending.abort(new DOMException('the time is over', 'TimeoutError'));
    }, left);
    return { timer, since: performance.now() };
  };
  let running: Running | undefined = start();
  const stop = (): void => {
    if (running === undefined) return;
    clearTimeout(running.timer);
    left = Math.max(0, left - (performance.now() - running.since));
    running = undefined;
  };
  const uncounted = async <U>(own: () => Promise<U>): Promise<U> => {
    stop();
    try {
      return await own();
    } finally {
      running = start();
    }
  };
  const abort = (): void => ending.abort(parent?.reason);
  if (parent?.aborted === true) abort();
  else parent?.addEventListener('abort', abort, { once: true });
  try {
    return await work({ signal: ending.signal, isOver: () => isOver, uncounted });
  } finally {
    stop();
    parent?.removeEventListener('abort', abort);
  }
}

interface Running {
  readonly timer: NodeJS.Timeout;
  readonly since: number;
}
