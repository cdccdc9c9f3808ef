/**
 * Replaces a file of a user: keeps its mode, as root also its owner and group, and follows a link to
 * the file that it names.
 */
import { realpath, stat, type FileHandle } from 'node:fs/promises';
import { fromSystemError } from '../errors.ts';
import { replaceFileAtomic } from './atomic-file.ts';

interface Found {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** @throws AppError; then the old file is as it was */
export async function replaceFile(file: string, text: string): Promise<void> {
  const { path, mode, uid, gid } = await find(file);
  const keepOwner = async (unfinished: FileHandle): Promise<boolean> => {
    if (process.geteuid?.() !== 0) return true;
    await unfinished.chown(uid, gid);
    await unfinished.sync();
    return true;
  };
  await replaceFileAtomic(path, text, keepOwner, { mode });
}

async function find(file: string): Promise<Found> {
  try {
    const path = await realpath(file);
    const { mode, uid, gid } = await stat(path);
    return { path, mode: mode & 0o777, uid, gid };
  } catch (error) {
    throw fromSystemError(`cannot write "${file}"`, error);
  }
}
