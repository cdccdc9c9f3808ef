/**
 * Writes files that are always either old or completely new, also after power loss, kill -9 or a
 * full disk.
 */
import { lstat, open, readdir, rename, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { AppError, fromSystemError } from '../errors.ts';
import { inPinnedFolder } from './pinned-folder.ts';
import { uniqueMark } from './unique-mark.ts';

export interface AtomicFileOptions {
  /** Default 0600. */
  readonly mode?: number;
}

/**
 * Called before the new file takes the place of the old one; on false the new one is removed. It
 * gets the open file, because in its folder others may put a link in the place of its name.
 */
export type Finish = (unfinished: FileHandle) => Promise<boolean>;

const unfinishedSuffix = '.unfinished';

/**
 * @param text or its chunks in UTF-8, each made when it is to be written
 * @throws AppError; then the old file is as it was, or, where only its folder could not be synced, the
 *   new one has its place and may lose it with the power
 */
export async function writeFileAtomic(
  file: string,
  text: string | Iterable<Buffer>,
  options: AtomicFileOptions = {},
): Promise<void> {
  await replaceFileAtomic(file, text, () => Promise.resolve(true), options);
}

/**
 * @returns false: `finish` called it off, and the old file is as it was
 * @throws AppError as writeFileAtomic
 */
export async function replaceFileAtomic(
  file: string,
  text: string | Iterable<Buffer>,
  finish: Finish,
  options: AtomicFileOptions = {},
): Promise<boolean> {
  const folder = path.dirname(file);
  const unfinished = path.join(
    folder,
    `.${path.basename(file).slice(0, 200)}.${uniqueMark()}${unfinishedSuffix}`,
  );
  try {
    if (!(await writeSynced(unfinished, text, options.mode ?? 0o600, finish))) {
      await unlink(unfinished);
      return false;
    }
    await rename(unfinished, file);
    await syncFolder(folder);
    return true;
  } catch (error) {
    await unlink(unfinished).catch(() => undefined);
    throw fromSystemError(`cannot write "${file}"`, error);
  }
}

/**
 * Removes unfinished files of a killed process; to be called while no process writes there. Files
 * that cannot be removed stay, without harm.
 */
export async function removeUnfinished(folder: string): Promise<void> {
  const found = await lstat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) return;
  await inPinnedFolder(folder, removeUnfinishedIn).catch(() => undefined);
}

/** As removeUnfinished. @param pinned see inPinnedFolder */
export async function removeUnfinishedIn(pinned: string): Promise<void> {
  for (const name of await readdir(pinned)) {
    if (name.startsWith('.') && name.endsWith(unfinishedSuffix))
      await unlink(path.join(pinned, name)).catch(() => undefined);
  }
}

/** Removes a file; succeeds also if it does not exist. */
export async function removeFile(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    const failure = fromSystemError(`cannot remove "${file}"`, error);
    if (failure.code === 'not-found') return;
    throw failure;
  }
  await syncFolder(path.dirname(file));
}

/** A file that was made, renamed or removed in a folder is on disk only when the folder is. */
export async function syncFolder(folder: string): Promise<void> {
  await withFile(folder, 'r', undefined, (handle) => handle.sync());
}

async function writeSynced(
  file: string,
  text: string | Iterable<Buffer>,
  mode: number,
  finish: Finish,
): Promise<boolean> {
  return withFile(file, 'wx', mode, async (handle) => {
    // Each write continues where the previous one has ended.
    for (const chunk of typeof text === 'string' ? [text] : text) await handle.writeFile(chunk);
    await handle.chmod(mode);
    await handle.sync();
    if (!(await finish(handle))) return false;
    if (await isSameFile(file, handle)) return true;
    const message = `cannot write "${file}": somebody else put another file in its place`;
    throw new AppError('io-failed', message, { retryable: true });
  });
}

async function isSameFile(file: string, handle: FileHandle): Promise<boolean> {
  const [named, opened] = await Promise.all([lstat(file), handle.stat()]);
  return named.ino === opened.ino && named.dev === opened.dev;
}

async function withFile<T>(
  file: string,
  flags: string,
  mode: number | undefined,
  use: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  const handle = await open(file, flags, mode);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}
