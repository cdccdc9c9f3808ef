/**
 * Bounds the requests that wait for an outcome (`?wait=`): if all slots are taken, a request gets
 * its answer at once with the current state, as if its time were over.
 */
import { withDeadline } from '../../pacing/deadline.ts';
import { createLimit } from '../../pacing/limit.ts';

export interface WaitSlots {
  /** @param work gets a signal that is aborted when the request has to be answered */
  wait<T>(seconds: number, gone: AbortSignal, work: (end: AbortSignal) => Promise<T>): Promise<T>;
}

export function createWaitSlots(count: number): WaitSlots {
  const limit = createLimit(count);
  return {
    wait: (seconds, gone, work) =>
      limit.isFull()
        ? work(AbortSignal.abort())
        : limit.run(() => withDeadline(seconds * 1000, gone, ({ signal }) => work(signal))),
  };
}
