/**
 * Requests that wait for an outcome (`?wait=`). Only so many may: where all slots are taken, a request
 * is answered at once with how far it has come, as if its time were over.
 */
import { withDeadline } from '../../runtime/pacing/deadline.ts';

export interface WaitSlots {
  /** @param work gets a signal that is aborted when it has to answer */
  wait<T>(seconds: number, gone: AbortSignal, work: (end: AbortSignal) => Promise<T>): Promise<T>;
}

export function createWaitSlots(count: number): WaitSlots {
  let free = count;
  return {
    wait: async (seconds, gone, work) => {
      if (free === 0) return work(AbortSignal.abort());
      free -= 1;
      try {
        return await withDeadline(seconds * 1000, gone, ({ signal }) => work(signal));
      } finally {
        free += 1;
      }
    },
  };
}
