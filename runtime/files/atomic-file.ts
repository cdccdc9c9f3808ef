/**
 * Writes files that are always either old or completely new, also after power loss, kill -9 or a
 * full disk.
 */
import { lstat, open, readdir, rename, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { fromSystemError } from '../errors.ts';
import { inPinnedFolder } from './pinned-folder.ts';
import { uniqueMark } from './unique-mark.ts';

export interface AtomicFileOptions {
  /** Default 0600. */
  readonly mode?: number;
}

/** Called before the new file takes the place of the old one; on false the new one is removed. */
export type Finish = (unfinished: string) => Promise<boolean>;

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
    await writeSynced(unfinished, text, options.mode ?? 0o600);
    if (!(await finish(unfinished))) {
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
  await inPinnedFolder(folder, async (pinned) => {
    for (const name of await readdir(pinned)) {
      if (name.startsWith('.') && name.endsWith(unfinishedSuffix))
        await unlink(path.join(pinned, name)).catch(() => undefined);
    }
  }).catch(() => undefined);
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

/** A rename or removal is on disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  await withFile(folder, 'r', undefined, (handle) => handle.sync());
}

async function writeSynced(
  file: string,
  text: string | Iterable<Buffer>,
  mode: number,
): Promise<void> {
  await withFile(file, 'wx', mode, async (handle) => {
    // Each write continues where the previous one has ended.
    for (const chunk of typeof text === 'string' ? [text] : text) await handle.writeFile(chunk);
    await handle.chmod(mode);
    await handle.sync();
  });
}

async function withFile(
  file: string,
  flags: string,
  mode: number | undefined,
  use: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(file, flags, mode);
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}
