/** Turns the errors of SQLite into errors that say what to do. */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import pkg from 'node-sqlite3-wasm';
import { AppError, fromSystemError } from '../../../runtime/errors.ts';

const { SQLite3Error } = pkg;

/**
 * The package gives no result codes, only SQLite's fixed text of each (sqlite3_errstr in main.c).
 * Every other text is a fault of this program.
 */
const meanings: Readonly<Record<string, 'damaged' | 'disk'>> = {
  'database disk image is malformed': 'damaged',
  'file is not a database': 'damaged',
  'database or disk is full': 'disk',
  'disk I/O error': 'disk',
  'unable to open database file': 'disk',
  'attempt to write a readonly database': 'disk',
  'database is locked': 'disk',
};

export function damagedStore(file: string, reason: string): AppError {
  const name = path.basename(file);
  return new AppError(
    'corrupt-file',
    `cannot use the store "${file}": it is damaged (${reason}); stop the controller, move ${name} and ${name}-wal away, ` +
      `and run calico-controller store restore BACKUP; without a backup, move the folder before-store away as well, if there is one: ` +
      `then the store begins empty`,
  );
}

/** Its log is beside the link, and the content of the file it leads to is whole. */
export function linkedStore(file: string, target: string): AppError {
  return new AppError(
    'corrupt-file',
    `cannot use the store "${file}": it is a symbolic link to "${target}"; stop the controller, and put that file ` +
      'itself there, with the -wal beside it, or name its folder with --state-directory',
  );
}

export function storeFailure(file: string, error: unknown): AppError {
  const what = `cannot use the store "${file}"`;
  if (!(error instanceof SQLite3Error)) return fromSystemError(what, error);
  const { message } = error;
  const meaning = message.startsWith(cannotOpen) ? 'disk' : meanings[message];
  if (meaning === 'damaged') return damagedStore(file, message);
  if (meaning === undefined) {
    return new AppError('internal', `${what}: ${message}`, { cause: error });
  }
  const cause = whyNotWritable(path.dirname(file));
  if (cause !== undefined) return fromSystemError(what, cause);
  return new AppError('io-failed', `${what}: ${message}; dmesg says more`, {
    cause: error,
    retryable: true,
  });
}

/** The package's own text, which goes on with the name of the file. */
const cannotOpen = 'Could not open the database';

/** Enough that a disk with room for it has room for a transaction. */
const probeBytes = 1024 * 1024;

/**
 * SQLite only knows that an operation failed. The same operations on a file beside it show the
 * cause; undefined: they succeed.
 */
function whyNotWritable(folder: string): unknown {
  const file = path.join(folder, 'store.probe');
  try {
    const descriptor = openSync(file, 'w', 0o600);
    try {
      writeSync(descriptor, new Uint8Array(probeBytes));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return undefined;
  } catch (error) {
    return error;
  } finally {
    removeQuietly(file);
  }
}

function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The folder is read-only, which is what the probe has found.
  }
}
