/**
 * The store of one controller: a database of SQLite in its state directory. No other process may
 * use it; the caller has the lock of the folder before its first call.
 */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../../runtime/errors.ts';
import { uniqueMark } from '../../../runtime/files/unique-mark.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { RecordChange, Store, StoreSnapshot } from '../../ports/store.ts';
import type { OpenHost } from './database-host.ts';
import { createLeaders } from './leaders.ts';
import { createWatchers } from './watchers.ts';

export const storeFileName = 'store.db';

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

export interface DatabaseMaker {
  /** Makes the store with these records, whole or not at all. @throws AppError where there is one */
  create(records: readonly RecordChange[]): Promise<void>;
  close(): Promise<void>;
}

/** Makes a store that is not there yet. The caller has the lock of the folder. */
export function createDatabaseMaker(folder: string, openHost: OpenHost): DatabaseMaker {
  const file = path.join(folder, storeFileName);
  const host = openHost(file);
  return {
    create: async (records) => {
      if (!(await host.isThere())) return host.create(records);
      throw new AppError(
        'bad-request',
        `cannot make the store "${file}": there is one already; move it and ${storeFileName}-wal away`,
      );
    },
    close: host.close,
  };
}

const snapshotPrefix = 'snapshot-';

/** The copy is checked when it is opened, as every store. */
function snapshotOf(copy: string, openHost: OpenHost): StoreSnapshot {
  const host = openHost(copy);
  return {
    page: host.page,
    close: async () => {
      try {
        await host.close();
      } finally {
        await removeSnapshot(copy);
      }
    },
  };
}

async function removeSnapshot(copy: string): Promise<void> {
  for (const file of [copy, `${copy}-wal`]) await rm(file, { force: true });
}

/** Removes the copies that a killed process has left. */
async function removeSnapshots(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(snapshotPrefix))) {
    await rm(path.join(folder, name), { force: true, recursive: true }).catch(() => undefined);
  }
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
    await removeSnapshots(folder);
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
    const committed = await use(() => host.commit(transaction)).catch((error: unknown) => {
      // The changes may be on disk all the same.
      watchers.miss(transaction.changes);
      throw error;
    });
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
    snapshot: async () => {
      const copy = path.join(folder, `${snapshotPrefix}${uniqueMark()}.db`);
      try {
        await use(() => host.copyTo(copy));
      } catch (error) {
        // A half copy would take the room on a full disk until the next start.
        await removeSnapshot(copy).catch(() => undefined);
        throw error;
      }
      return snapshotOf(copy, openHost);
    },
    watch: async (kind, watcher) => watchers.add(kind, watcher),
    lead: createLeaders({ get, commit }),
    close: async () => {
      await making?.catch(() => undefined);
      await host.close();
    },
  };
}
