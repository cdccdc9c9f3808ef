/**
 * The file of the embedded store, a database of SQLite: created whole or not at all, and checked
 * before it is used.
 */
import { hash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  rmdirSync,
  type Stats,
} from 'node:fs';
import path from 'node:path';
import pkg, { type Database as DatabaseType } from 'node-sqlite3-wasm';
import { AppError, systemCodeOf } from '../../../runtime/errors.ts';
import type { StoredRecord } from '../../ports/store.ts';
import { createCheckedRecords, type CheckedRecords } from './checked-records.ts';
import { damagedStore, linkedStore } from './store-failure.ts';

const { Database } = pkg;

export type Database = DatabaseType;

export interface OpenedDatabase {
  readonly database: Database;
  /** What was read to check it. It is out of date with the first change. */
  readonly checked: CheckedRecords;
}

/** `calc`, by which file(1) can tell the program that made the file. */
const applicationId = 0x63616c63;
const formatVersion = 1;

/**
 * A write-ahead log, because the package never rolls a rollback journal back: it takes its own lock
 * for the one of a living writer. With the exclusive mode the log needs no shared memory.
 */
const settings = [
  'PRAGMA locking_mode = EXCLUSIVE',
  'PRAGMA journal_mode = WAL',
  'PRAGMA synchronous = FULL',
  'PRAGMA trusted_schema = OFF',
  'PRAGMA cell_size_check = ON',
];

const tables = `
  CREATE TABLE records (
    kind TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,
    text TEXT NOT NULL, checksum TEXT NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE counter (version INTEGER NOT NULL) STRICT;
  INSERT INTO counter VALUES (0);
`;

export function isThere(file: string): boolean {
  return statOf(file) !== undefined;
}

/**
 * Makes the file with its first records. A crash leaves either the whole file or none.
 * @param fill writes the first records
 */
export function createDatabase(file: string, fill: (database: Database) => void): void {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unfinished = `${file}.new`;
  if (isThere(logOf(file))) throw damagedStore(file, 'it is gone, and its log is still there');
  removeDatabase(unfinished);
  closeSync(openSync(unfinished, 'wx', 0o600));
  const database = new Database(unfinished);
  try {
    for (const setting of settings) database.exec(setting);
    database.exec('BEGIN IMMEDIATE');
    database.exec(`PRAGMA application_id = ${String(applicationId)}`);
    database.exec(`PRAGMA user_version = ${String(formatVersion)}`);
    database.exec(tables);
    fill(database);
    database.exec('COMMIT');
    database.get('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
  refuseUnwritten(file, unfinished);
  renameSync(unfinished, file);
  syncFolder(folder);
}

/**
 * Opens and checks the file. No other process may use it: the caller has the lock of its folder.
 * @throws AppError corrupt-file, newer-format; errors of SQLite and of the system
 */
export function openDatabase(file: string): OpenedDatabase {
  const stats = statOf(file);
  if (stats === undefined) throw damagedStore(file, 'it is gone');
  if (stats.isSymbolicLink()) throw linkedStore(file, readlinkSync(file));
  if (!stats.isFile()) throw damagedStore(file, 'it is no regular file');
  // SQLite takes an empty file for a new database.
  if (stats.size === 0) throw damagedStore(file, 'it is empty');
  const log = logOf(file);
  if (statOf(log)?.isFile() === false) {
    throw damagedStore(file, `"${log}" is no regular file`);
  }
  removeStaleLock(file);
  // The package does not sync the folder of a new file.
  closeSync(openSync(log, 'a', 0o600));
  syncFolder(path.dirname(file));
  const database = new Database(file, { fileMustExist: true });
  try {
    for (const setting of settings) database.exec(setting);
    const checked = checkDatabase(file, database);
    return { database, checked };
  } catch (error) {
    closeQuietly(database);
    throw error;
  }
}

export function closeQuietly(database: Database): void {
  try {
    database.close();
  } catch {
    // The file is checked, and a half transaction undone, when it is opened again.
  }
}

/** The checksum of a record, so that no flipped bit is taken for content. */
export function checksumOf({ kind, key, version, text }: StoredRecord): string {
  const head = `${kind}\n${key}\n${String(version)}\n`;
  return hash('sha256', head + text, 'hex').slice(0, 32);
}

function checkDatabase(file: string, database: Database): CheckedRecords {
  const id = database.get('PRAGMA application_id')?.['application_id'];
  const version = Number(database.get('PRAGMA user_version')?.['user_version']);
  if (id !== applicationId) throw damagedStore(file, 'it is another database');
  if (version > formatVersion) {
    throw new AppError(
      'newer-format',
      `cannot read "${file}": it has format version ${String(version)}, and this version knows ` +
        `at most ${String(formatVersion)}; install the newer version again, or move the file away`,
    );
  }
  const found = database.get('PRAGMA quick_check(1)')?.['quick_check'];
  if (found !== 'ok') throw damagedStore(file, textOf(found));
  checkCounter(file, database);
  const statement = database.prepare(
    'SELECT kind, key, version, text, checksum FROM records ORDER BY kind, key',
  );
  const checked = createCheckedRecords();
  try {
    for (const row of statement.iterate()) {
      const record = recordOf(row);
      if (checksumOf(record) !== row['checksum']) {
        throw damagedStore(file, `the ${record.kind} "${record.key}" does not have its checksum`);
      }
      checked.add(record);
    }
    return checked;
  } finally {
    statement.finalize();
  }
}

/** The counter has no checksum. One that is too low would give a version a second time. */
function checkCounter(file: string, database: Database): void {
  const sql = `SELECT count(*) AS rows, max(version) AS version,
    (SELECT coalesce(max(version), 0) FROM records) AS used FROM counter`;
  const found = database.get(sql);
  const isRight =
    Number(found?.['rows']) === 1 && Number(found?.['version']) >= Number(found?.['used']);
  if (!isRight) throw damagedStore(file, 'its counter of versions is wrong');
}

type Row = ReturnType<Database['all']>[number];

export function recordOf(row: Row): StoredRecord {
  const { kind, key, version, text } = row;
  return {
    kind: textOf(kind),
    key: textOf(key),
    version: Number(version),
    text: textOf(text),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function logOf(file: string): string {
  return `${file}-wal`;
}

/** A rename would lose the content of the log, and SQLite reports no failed checkpoint. @throws AppError */
function refuseUnwritten(file: string, unfinished: string): void {
  if ((statOf(logOf(unfinished))?.size ?? 0) === 0) return;
  throw new AppError('io-failed', `cannot make the store "${file}": its content is not on disk`, {
    retryable: true,
  });
}

/** The package locks a file by a folder beside it, which stays after kill -9. */
function removeStaleLock(file: string): void {
  try {
    rmdirSync(`${file}.lock`);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
}

function removeDatabase(file: string): void {
  removeStaleLock(file);
  for (const one of [file, logOf(file)]) rmSync(one, { force: true });
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function statOf(file: string): Stats | undefined {
  return lstatSync(file, { throwIfNoEntry: false });
}
