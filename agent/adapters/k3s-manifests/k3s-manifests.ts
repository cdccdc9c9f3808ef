/** Reads and writes files of server/manifests on this machine. */
import { lstat, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { AppError, fromSystemError, systemCodeOf } from '../../../runtime/errors.ts';
import { replaceFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { inPinnedFolder } from '../../../runtime/files/pinned-folder.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import type { K3sManifests } from '../../ports/platform/k3s-manifests.ts';

const maxBytes = 1024 * 1024;

/** @param root where `/` is: another folder in tests */
export function createK3sManifests(root = '/'): K3sManifests {
  /** K3s' data is often on another disk, to which a link leads; a link in its place later is refused. */
  const within = async <T>(folder: string, use: (pinned: string) => Promise<T>): Promise<T> => {
    try {
      return await inPinnedFolder(await realpath(path.join(root, folder)), use, { noLinks: true });
    } catch (error) {
      const failure = fromSystemError(`cannot use the folder "${folder}"`, error);
      if (systemCodeOf(error) !== 'EACCES') throw failure;
      throw new AppError(failure.code, `${failure.message}; run the command as root`, {
        cause: error,
      });
    }
  };
  const read = (pinned: string, folder: string, name: string): Promise<string | undefined> =>
    readTextFile(path.join(pinned, name), maxBytes, {
      noLinks: true,
      keepsMark: true,
      place: `"${folder}/${name}"`,
    });
  return {
    list: async (folder) => {
      try {
        return await within(folder, (pinned) => readdir(pinned));
      } catch (error) {
        const failure = fromSystemError(`cannot read "${folder}"`, error);
        if (failure.code === 'not-found') return undefined;
        throw failure;
      }
    },
    read: (folder, name) => within(folder, (pinned) => read(pinned, folder, name)),
    replace: (folder, name, before, text) =>
      within(folder, (pinned) =>
        replaceFileAtomic(
          path.join(pinned, name),
          text,
          async () => (await read(pinned, folder, name)) === before,
        ),
      ),
    create: (folder, name, text) =>
      within(folder, (pinned) => {
        const file = path.join(pinned, name);
        // K3s passes over names that begin with a point, as that of an unfinished file does.
        return replaceFileAtomic(file, text, () => isAbsent(file));
      }),
  };
}

async function isAbsent(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return false;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return true;
    throw error;
  }
}
