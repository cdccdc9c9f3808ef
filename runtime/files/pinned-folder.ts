/**
 * Lets a process of root work in a folder that may belong to another user, who can put no symbolic
 * link in its place, neither before nor meanwhile. In place of openat(2) it uses the name of the
 * open folder below /proc/self/fd.
 */
import { constants } from 'node:fs';
import { open, readlink } from 'node:fs/promises';
import { AppError, fromSystemError, systemCodeOf } from '../errors.ts';

export interface PinOptions {
  /**
   * Refuses a symbolic link in every part of the path, also one that somebody puts there meanwhile;
   * `folder` then has to be as realpath(3) gives it. Default: only in the last part.
   */
  readonly noLinks?: boolean;
}

/**
 * @param use gets the path to use while it runs
 * @throws AppError access-denied if it is a link or not a folder; not-found
 */
export async function inPinnedFolder<T>(
  folder: string,
  use: (pinned: string) => Promise<T>,
  { noLinks = false }: PinOptions = {},
): Promise<T> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const handle = await open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch((error: unknown) => {
    throw refusal(folder, error);
  });
  const pinned = `/proc/self/fd/${String(handle.fd)}`;
  try {
    if (noLinks && (await readlink(pinned)) !== folder) throw isElsewhere(folder);
    return await use(pinned);
  } catch (error) {
    throw error instanceof AppError ? namedAs(error, pinned, folder) : error;
  } finally {
    await handle.close();
  }
}

/** The kernel says where the open folder is, whatever its path has become since. */
function isElsewhere(folder: string): AppError {
  return new AppError(
    'access-denied',
    `cannot use "${folder}": a part of its path is a symbolic link, which is not followed`,
  );
}

function refusal(folder: string, error: unknown): AppError {
  const code = systemCodeOf(error);
  if (code !== 'ELOOP' && code !== 'ENOTDIR') {
    return fromSystemError(`cannot open the folder "${folder}"`, error);
  }
  return new AppError(
    'access-denied',
    `cannot use "${folder}": it is a symbolic link, which is not followed, or no folder; remove it, and it is made again`,
  );
}

/** Puts the folder's own name into the error, which people know. */
function namedAs(error: AppError, pinned: string, folder: string): AppError {
  const { code, message, retryable, issues } = error;
  const shown = message.replaceAll(pinned, folder);
  return new AppError(code, shown, { cause: error, retryable, issues });
}
