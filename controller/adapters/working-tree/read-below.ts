/** Reads a file of a folder in which others may put a symbolic link in its place at any moment. */
import { readlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError, systemCodeOf } from '../../../runtime/errors.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';

export interface FileBelow {
  /** The folder, as realpath(3) gives it. */
  readonly root: string;
  /** The file, as realpath(3) gave it. A link that was put there since is not followed. */
  readonly real: string;
  /** The file, for errors. */
  readonly file: string;
  readonly maxBytes: number;
}

/**
 * @returns undefined: there is none
 * @throws AppError as readTextFile does; access-denied where another folder has been put in the
 *   place of one of the path, and the opened file is out of the root
 */
export function readBelow({ root, real, file, maxBytes }: FileBelow): Promise<string | undefined> {
  const opened = async (fd: number): Promise<void> => {
    const found = await pathOf(fd);
    if (found !== undefined && !isBelow(root, found)) throw outside(file, root);
  };
  return readTextFile(real, maxBytes, { place: `"${file}"`, noLinks: true, opened });
}

/** Where the open file is, as the kernel says; undefined: there is no /proc that tells it. */
async function pathOf(fd: number): Promise<string | undefined> {
  try {
    return await readlink(`/proc/self/fd/${String(fd)}`);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export function isBelow(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`);
}

export function outside(file: string, folder: string): AppError {
  return new AppError(
    'access-denied',
    `cannot read "${file}": it is a symbolic link to a file outside of "${folder}"; put the file itself there`,
  );
}
