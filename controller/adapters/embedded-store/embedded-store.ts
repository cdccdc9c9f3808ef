/**
 * The store of one controller: a database of SQLite in its state directory. No other process may
 * use it; the caller has the lock of the folder before its first call.
 */
import path from 'node:path';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { RecordChange, Store } from '../../ports/store.ts';
import type { OpenHost } from './database-host.ts';
import { createLeaders } from './leaders.ts';
import { createWatchers } from './watchers.ts';

const storeFileName = 'store.db';

export interface EmbeddedStoreOptions {
  readonly folder: string;
  readonly openHost: OpenHost;
  /**
   * The state that an earlier version kept in the folder; it is called where there is no store yet.
   * @throws AppError; then no store is made
   */
  readonly earlierState: () => Promise<readonly RecordChange[]>;
  /** Puts the earlier version's files aside, once the store has their content. */
  readonly putAside: () => Promise<void>;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Texts of several revisions; they pass through the memory of both threads. */
const bounds = { changes: 2000, bytes: 32 * 1024 * 1024 };

export function createEmbeddedStore(options: EmbeddedStoreOptions): Store {
  const { folder, openHost, earlierState, putAside, logger } = options;
  const host = openHost(path.join(folder, storeFileName));
  const watchers = createWatchers();
  let making: Promise<void> | undefined;
  /** True after the first successful use; before it, a person may still move a damaged file away. */
  let wasUsed = false;

  /** Makes the store before its first use. A crash between the two steps repeats the second one. */
  const make = async (): Promise<void> => {
    if (!(await host.isThere())) {
      const records = await earlierState();
      await host.create(records);
      if (records.length === 0) {
        logger.warn(`the controller begins with an empty store in the state directory "${folder}"`);
      }
    }
    await putAside();
  };
  const use = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!wasUsed) {
      making ??= make().finally(() => {
        making = undefined;
      });
      await making;
    }
    const result = await work();
    wasUsed = true;
    return result;
  };
  const commit: Store['commit'] = async (transaction) => {
    const committed = await use(() => host.commit(transaction));
    if (committed.ok) watchers.tell(transaction.changes, committed.version);
    return committed;
  };
  const get: Store['get'] = (name) => use(() => host.get(name));
  return {
    place: `the state directory "${folder}"`,
    bounds,
    get,
    list: (query) => use(() => host.list(query)),
    commit,
    watch: async (kind, watcher) => watchers.add(kind, watcher),
    lead: createLeaders({ get, commit }),
    close: async () => {
      await making?.catch(() => undefined);
      await host.close();
    },
  };
}
