/** A store whose calls are counted and timed. */
import type { Store } from '../../ports/store.ts';
import type { ControllerCounters, StoreCall } from './controller-counters.ts';

/** @param elapsedMs a clock that never jumps */
export function measuredStore(
  store: Store,
  counters: Pick<ControllerCounters, 'storeCall'>,
  elapsedMs: () => number,
): Store {
  const timed = async <T>(call: StoreCall, work: () => Promise<T>): Promise<T> => {
    const began = elapsedMs();
    let hasFailed = true;
    try {
      const result = await work();
      hasFailed = false;
      return result;
    } finally {
      counters.storeCall(call, (elapsedMs() - began) / 1000, hasFailed);
    }
  };
  return {
    ...store,
    get: (name) => timed('get', () => store.get(name)),
    list: (query) => timed('list', () => store.list(query)),
    commit: (transaction) => timed('commit', () => store.commit(transaction)),
    snapshot: () => timed('snapshot', () => store.snapshot()),
  };
}
