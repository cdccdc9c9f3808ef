/**
 * The operations of the embedded store, synchronous; they run on a thread of their own. After a
 * failure the file is closed, and the next operation opens and checks it again.
 */
import type {
  Committed,
  ListQuery,
  RecordChange,
  RecordName,
  RecordPage,
  StoredRecord,
  Transaction,
} from '../../ports/store.ts';
import type { CheckedRecords } from './checked-records.ts';
import {
  checksumOf,
  closeQuietly,
  createDatabase,
  isThere,
  openDatabase,
  recordOf,
  type Database,
} from './database-file.ts';
import { storeFailure } from './store-failure.ts';

export interface DatabaseStore {
  isThere(): boolean;
  /** Makes the file, with these records. */
  create(records: readonly RecordChange[]): void;
  get(name: RecordName): StoredRecord | undefined;
  list(query: ListQuery): RecordPage;
  /** The records behind this one, of all kinds, by kind and key. */
  page(after: RecordName | undefined): readonly StoredRecord[];
  /** Makes a copy of the file, which must not exist yet. */
  copyTo(file: string): void;
  /** The changes are on disk when it returns. Call `emptyLog` after it. */
  commit(transaction: Transaction): Committed;
  /**
   * SQLite passes over what follows a damaged part of its log, without an error. So the log is emptied
   * after each transaction; where that fails, the next opening does it. Never throws.
   */
  emptyLog(): void;
  close(): void;
}

const columns = 'kind, key, version, text';
/** Behind every character that a key may have. */
const last = '\u007F';

export function createDatabaseStore(file: string): DatabaseStore {
  let opened: Database | undefined;
  /** Undefined: they may have changed since. */
  let checked: CheckedRecords | undefined;
  const close = (): void => {
    if (opened !== undefined) closeQuietly(opened);
    opened = undefined;
    checked = undefined;
  };
  const use = <T>(work: (database: Database) => T): T => {
    try {
      if (opened === undefined) ({ database: opened, checked } = openDatabase(file));
      return work(opened);
    } catch (error) {
      close();
      throw storeFailure(file, error);
    }
  };
  return {
    isThere: () => isThere(file),
    create: (records) => {
      try {
        createDatabase(file, (database) => {
          database.run('UPDATE counter SET version = 1');
          change(database, records, 1);
        });
      } catch (error) {
        throw storeFailure(file, error);
      }
    },
    get: ({ kind, key }) =>
      use((database) => {
        const sql = `SELECT ${columns} FROM records WHERE kind = ? AND key = ?`;
        const row = database.get(sql, [kind, key]);
        return row === null ? undefined : recordOf(row);
      }),
    list: (query) => use((database) => checked?.list(query) ?? list(database, query)),
    page: (after) =>
      use((database) => {
        checked = undefined;
        return page(database, after);
      }),
    copyTo: (copy) => use((database) => void database.run('VACUUM INTO ?', [copy])),
    commit: (transaction) =>
      use((database) => {
        checked = undefined;
        return commit(database, transaction);
      }),
    emptyLog: () => {
      if (opened !== undefined) emptyLog(opened);
    },
    close,
  };
}

function list(database: Database, { kind, prefix = '', after = '', limit }: ListQuery): RecordPage {
  const sql = `SELECT ${columns} FROM records WHERE kind = ? AND key > ? AND key >= ? AND key < ?
    ORDER BY key LIMIT ?`;
  const rows = database.all(sql, [kind, after, prefix, `${prefix}${last}`, limit + 1]);
  const records = rows.slice(0, limit).map(recordOf);
  const end = rows.length > limit ? records.at(-1) : undefined;
  return { records, ...(end !== undefined && { next: end.key }) };
}

const pageBytes = 4 * 1024 * 1024;
const pageRecords = 1000;

function page(database: Database, after: RecordName | undefined): readonly StoredRecord[] {
  const { kind, key } = after ?? { kind: '', key: '' };
  const statement = database.prepare(
    `SELECT ${columns} FROM records WHERE (kind, key) > (?, ?) ORDER BY kind, key LIMIT ${String(pageRecords)}`,
  );
  try {
    const records: StoredRecord[] = [];
    let bytes = 0;
    for (const row of statement.iterate([kind, key])) {
      const record = recordOf(row);
      records.push(record);
      bytes += Buffer.byteLength(record.text);
      if (bytes > pageBytes) break;
    }
    return records;
  } finally {
    statement.finalize();
  }
}

function commit(database: Database, { compare = [], changes }: Transaction): Committed {
  database.exec('BEGIN IMMEDIATE');
  const sql = 'SELECT version FROM records WHERE kind = ? AND key = ?';
  const holds = compare.every(
    ({ kind, key, version }) =>
      Number(database.get(sql, [kind, key])?.['version'] ?? 0) === version,
  );
  if (!holds) {
    database.exec('ROLLBACK');
    return { ok: false };
  }
  const version = Number(database.get('SELECT version FROM counter')?.['version']) + 1;
  database.run('UPDATE counter SET version = ?', [version]);
  change(database, changes, version);
  database.exec('COMMIT');
  return { ok: true, version };
}

function emptyLog(database: Database): void {
  try {
    database.get('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // The transaction is on disk, in the log.
  }
}

function change(database: Database, changes: readonly RecordChange[], version: number): void {
  const put = database.prepare('INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?)');
  try {
    for (const { kind, key, text } of changes) {
      if (text === undefined) {
        database.run('DELETE FROM records WHERE kind = ? AND key = ?', [kind, key]);
        continue;
      }
      put.run([kind, key, version, text, checksumOf({ kind, key, text, version })]);
    }
  } finally {
    put.finalize();
  }
}
