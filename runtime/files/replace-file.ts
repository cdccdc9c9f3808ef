/** Replaces a file of a user: keeps its mode, and follows a link to the file that it names. */
import { realpath, stat } from 'node:fs/promises';
import { fromSystemError } from '../errors.ts';
import { writeFileAtomic } from './atomic-file.ts';

/** @throws AppError; then the old file is as it was */
export async function replaceFile(file: string, text: string): Promise<void> {
  const { path, mode } = await find(file);
  await writeFileAtomic(path, text, { mode });
}

async function find(file: string): Promise<{ readonly path: string; readonly mode: number }> {
  try {
    const path = await realpath(file);
    const { mode } = await stat(path);
    return { path, mode: mode & 0o777 };
  } catch (error) {
    throw fromSystemError(`cannot write "${file}"`, error);
  }
}
