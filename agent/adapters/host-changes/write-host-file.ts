/**
 * Writes and removes the files of core/platform/host-paths.ts below a root folder. A file is always
 * old or completely new; it keeps its owner, mode and extended attributes, and a link its place.
 */
import { execFile } from 'node:child_process';
import { chmod, chown, lstat, mkdir, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { digestOfFile } from '../../../core/platform/due-restarts.ts';
import { writableFile, type WritableFile } from '../../../core/platform/host-paths.ts';
import { AppError, reasonOf, systemCodeOf } from '../../../runtime/errors.ts';
import {
  removeFile,
  removeUnfinished,
  replaceFileAtomic,
} from '../../../runtime/files/atomic-file.ts';
import { followLinks } from '../../../runtime/host/follow-links.ts';
import { inPinnedFolder } from '../../../runtime/files/pinned-folder.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';

export interface FileWrite {
  readonly path: string;
  /** See digestOfFile. */
  readonly before: string;
  /** Absent: the file is removed. */
  readonly text?: string;
}

const maxBytes = 4 * 1024 * 1024;
const cpDeadlineMs = 5000;

/** @returns false: the file is not as before. @throws AppError access-denied, io-failed */
export async function writeHostFile(root: string, write: FileWrite): Promise<boolean> {
  const place = await placeOf(root, write.path);
  const folder = path.join(root, path.dirname(place.path));
  if (write.text !== undefined) await makeFolder(folder);
  try {
    return await inPinnedFolder(folder, async (pinned) => {
      await removeUnfinished(folder);
      return changeFile(path.join(pinned, path.basename(place.path)), pinned, place, write);
    });
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
  await mkdir(folder, { mode: 0o755 }).catch((error: unknown) => {
    if (systemCodeOf(error) !== 'EEXIST') throw asFailure(folder, error);
  });
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
  if (found !== undefined && found.nlink > 1) {
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
  const finish = async (unfinished: string): Promise<boolean> => {
    if (found === undefined) await belongToFolder(unfinished, folder, mode);
    else await copyAttributes(file, unfinished, found);
    // Once more, because all of this took a moment.
    return isAsBefore();
  };
  return replaceFileAtomic(file, text, finish);
}

async function belongToFolder(file: string, folder: string, mode: number): Promise<void> {
  const { uid, gid } = await stat(folder);
  await chown(file, uid, gid);
  await chmod(file, mode);
}

/** Copies owner and mode, and with coreutils' cp also ACLs and the context of SELinux. */
async function copyAttributes(
  from: string,
  to: string,
  { uid, gid, mode }: { readonly uid: number; readonly gid: number; readonly mode: number },
): Promise<void> {
  // The child has no such open folder of its own.
  const own = (file: string): string =>
    file.replace('/proc/self/', `/proc/${String(process.pid)}/`);
  const args = [
    '--attributes-only',
    '--preserve=all',
    '--no-dereference',
    '--',
    own(from),
    own(to),
  ];
  await new Promise<void>((resolve) => {
    execFile('cp', args, { timeout: cpDeadlineMs, killSignal: 'SIGKILL' }, () => resolve());
  });
  await chown(to, uid, gid);
  await chmod(to, mode & 0o7777);
  const handle = await open(to, 'r+');
  try {
    await handle.utimes(new Date(), new Date());
    await handle.sync();
  } finally {
    await handle.close();
  }
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
