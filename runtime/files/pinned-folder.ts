/**
 * Work in a folder whose owner may be somebody else than this process, who runs as root: nobody can
 * put a symbolic link in its place, neither before nor meanwhile. What openat(2) does elsewhere,
 * Linux gives by the name of an open folder below /proc/self/fd.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { AppError, fromSystemError, systemCodeOf } from '../errors.ts';

/**
 * @param use gets the path to use instead, as long as it runs
 * @throws AppError access-denied where a link or something else lies there; not-found
 */
export async function inPinnedFolder<T>(
  folder: string,
  use: (pinned: string) => Promise<T>,
): Promise<T> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const handle = await open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).catch((error: unknown) => {
    throw refusal(folder, error);
  });
  const pinned = `/proc/self/fd/${String(handle.fd)}`;
  try {
    return await use(pinned);
  } catch (error) {
    throw error instanceof AppError ? namedAs(error, pinned, folder) : error;
  } finally {
    await handle.close();
  }
}

function refusal(folder: string, error: unknown): AppError {
  const code = systemCodeOf(error);
  if (code !== 'ELOOP' && code !== 'ENOTDIR') {
    return fromSystemError(`cannot open the folder "${folder}"`, error);
  }
  return new AppError(
    'access-denied',
    `cannot use "${folder}": it is a symbolic link or no folder, and is not followed; remove it, and it is made again`,
  );
}

/** People know the folder by its own name. */
function namedAs(error: AppError, pinned: string, folder: string): AppError {
  const { code, message, retryable, issues } = error;
  const shown = message.replaceAll(pinned, folder);
  return new AppError(code, shown, { cause: error, retryable, issues });
}
