/**
 * Deadlines that fire on every Node release. What `AbortSignal.any` makes of an
 * `AbortSignal.timeout` may be collected as garbage on Node 20, and then never fires
 * (https://github.com/nodejs/node/issues/54614). Here a timer of ours holds the signal until the
 * work has ended.
 */
export interface Deadline {
  /** Aborted when the time is over, or when the signal that was given is. */
  readonly signal: AbortSignal;
  /** True where the time was over, and not the other signal aborted. */
  isOver(): boolean;
}

/**
 * Runs work that has to end in time. The work has to watch the signal: it is not stopped otherwise.
 *
 * @param milliseconds at most 2^31 - 1
 * @param parent ends the work too, where it is aborted
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
