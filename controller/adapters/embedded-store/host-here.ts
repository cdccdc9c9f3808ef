import type { OpenHost } from './database-host.ts';
import { createDatabaseStore } from './database-store.ts';

/** For tests, whose disk fails in this thread only. */
export const hostHere: OpenHost = hostHereThatTells(() => undefined);

/** @param committed called after each transaction, at the moment when the thread gives its answer */
export function hostHereThatTells(committed: () => void): OpenHost {
  return (file) => {
    const store = createDatabaseStore(file);
    return {
      isThere: async () => store.isThere(),
      create: async (records) => store.create(records),
      get: async (name) => store.get(name),
      list: async (query) => store.list(query),
      page: async (after) => store.page(after),
      copyTo: async (copy) => store.copyTo(copy),
      commit: async (transaction) => {
        const answer = store.commit(transaction);
        committed();
        store.emptyLog();
        return answer;
      },
      close: async () => store.close(),
    };
  };
}
