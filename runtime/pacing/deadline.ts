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
  const timer = setTimeout(() => {
    isOver = true;
    ending.abort(new DOMException('the time is over', 'TimeoutError'));
  }, milliseconds);
  const abort = (): void => ending.abort(parent?.reason);
  if (parent?.aborted === true) abort();
  else parent?.addEventListener('abort', abort, { once: true });
  try {
    return await work({ signal: ending.signal, isOver: () => isOver });
  } finally {
    clearTimeout(timer);
    parent?.removeEventListener('abort', abort);
  }
}
