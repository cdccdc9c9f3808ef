/**
 * Writes and removes the files of core/platform/host-paths.ts below a root folder. A file is always
 * old or completely new; it keeps its owner, mode and extended attributes, and a link its place.
 */
import { constants, lstat, mkdir, open, realpath, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { digestOfFile } from '../../../core/platform/due-restarts.ts';
import { writableFile, type WritableFile } from '../../../core/platform/host-paths.ts';
import { AppError, reasonOf, systemCodeOf } from '../../../runtime/errors.ts';
import {
  removeFile,
  removeUnfinishedIn,
  replaceFileAtomic,
  syncFolder,
} from '../../../runtime/files/atomic-file.ts';
import { followLinks } from '../../../runtime/host/follow-links.ts';
import { inPinnedFolder } from '../../../runtime/files/pinned-folder.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import { copyAttributes } from './copy-attributes.ts';

export interface FileWrite {
  readonly path: string;
  /** See digestOfFile. */
  readonly before: string;
  /** Absent: the file is removed. */
  readonly text?: string;
}

const folderMode = 0o755;
const maxBytes = 4 * 1024 * 1024;

/** @returns false: the file is not as before. @throws AppError access-denied, io-failed */
export async function writeHostFile(root: string, write: FileWrite): Promise<boolean> {
  const place = await placeOf(root, write.path);
  if (write.text !== undefined && Buffer.byteLength(write.text) > maxBytes) {
    throw refused(write.path, `it would be larger than ${String(maxBytes)} bytes`);
  }
  try {
    const folder = path.join(await realpath(root), path.dirname(place.path));
    if (write.text !== undefined) await makeFolder(folder);
    const change = async (pinned: string): Promise<boolean> => {
      await removeUnfinishedIn(pinned);
      return changeFile(path.join(pinned, path.basename(place.path)), pinned, place, write);
    };
    return await inPinnedFolder(folder, change, { noLinks: true });
  } catch (error) {
    throw asFailure(write.path, error);
  }
}

interface WritablePlace extends WritableFile {
  /** Where the last link leads. */
  readonly path: string;
}

async function placeOf(root: string, given: string): Promise<WritablePlace> {
  const own = writableFile(given);
  if (own === undefined) throw refused(given, 'it is not in the list of files that may be written');
  const found = await followLinks((file) => path.join(root, file), given);
  if (found.state === 'unreadable') throw refused(given, found.why);
  const target = writableFile(found.path);
  if (target !== undefined) return { ...target, path: found.path };
  throw refused(given, `it is a link that leads to ${found.path}, which may not be written`);
}

/** A folder of drop-ins may be missing, its parent not. */
async function makeFolder(folder: string): Promise<void> {
  const make = async (pinned: string): Promise<void> => {
    const made = path.join(pinned, path.basename(folder));
    try {
      await mkdir(made, { mode: folderMode });
    } catch (error) {
      if (systemCodeOf(error) === 'EEXIST') return;
      throw error;
    }
    // mkdir() takes the bits of the helper's umask away.
    const opened = await open(made, constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      await opened.chmod(folderMode);
    } finally {
      await opened.close();
    }
    await syncFolder(pinned);
  };
  await inPinnedFolder(path.dirname(folder), make, { noLinks: true });
}

async function changeFile(
  file: string,
  folder: string,
  { mode }: WritableFile,
  { path: given, before, text }: FileWrite,
): Promise<boolean> {
  const found = await lstat(file).catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found?.isFile() === true && found.nlink > 1) {
    throw refused(
      given,
      `it has ${String(found.nlink)} names (hard links), and one of them would become another file`,
    );
  }
  const isAsBefore = async (): Promise<boolean> =>
    digestOfFile(await readTextFile(file, maxBytes, { noLinks: true, keepsMark: true })) === before;
  if (!(await isAsBefore())) return false;
  if (text === undefined) {
    await removeFile(file);
    return true;
  }
  const finish = async (unfinished: FileHandle): Promise<boolean> => {
    if (found === undefined) await belongToFolder(unfinished, folder, mode);
    else if (!(await copyAttributes(file, unfinished))) return false;
    await unfinished.sync();
    // Once more, because all of this took a moment.
    return isAsBefore();
  };
  return replaceFileAtomic(file, text, finish);
}

async function belongToFolder(file: FileHandle, folder: string, mode: number): Promise<void> {
  const { uid, gid } = await stat(folder);
  await file.chown(uid, gid);
  await file.chmod(mode);
}

function refused(file: string, why: string): AppError {
  return new AppError('access-denied', `cannot write "${file}": ${why}`);
}

const reasons: Readonly<Record<string, string>> = {
  EPERM:
    'the kernel does not permit it: the file or its folder is immutable (lsattr), or belongs to another user',
  EACCES: 'it or its folder belongs to another user, who does not let root write',
  EROFS: 'it is on a file system that is read-only, or that the helper may not write',
  ENOENT: 'its folder is not there',
  ENOSPC: 'the disk is full',
};

function asFailure(file: string, error: unknown): AppError {
  if (
    error instanceof AppError &&
    error.code === 'access-denied' &&
    error.message.includes(`"${file}"`)
  ) {
    return error;
  }
  const code = codeOf(error);
  const why = code === undefined ? undefined : reasons[code];
  const message = `cannot write "${file}": ${why ?? reasonOf(error)}`;
  return new AppError('io-failed', message, { cause: error });
}

/** Reads the cause as well, because errors of files are wrapped. */
function codeOf(error: unknown): string | undefined {
  const own = systemCodeOf(error);
  if (own !== undefined && own.startsWith('E')) return own;
  return error instanceof Error && error.cause !== undefined ? codeOf(error.cause) : undefined;
}
