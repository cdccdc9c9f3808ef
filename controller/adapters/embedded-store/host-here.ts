import type { OpenHost } from './database-host.ts';
import { createDatabaseStore } from './database-store.ts';

/** For tests, whose disk fails in this thread only. */
export const hostHere: OpenHost = (file) => {
  const store = createDatabaseStore(file);
  return {
    isThere: async () => store.isThere(),
    create: async (records) => store.create(records),
    get: async (name) => store.get(name),
    list: async (query) => store.list(query),
    page: async (after) => store.page(after),
    copyTo: async (copy) => store.copyTo(copy),
    commit: async (transaction) => store.commit(transaction),
    close: async () => store.close(),
  };
};
