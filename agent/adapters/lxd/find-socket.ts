/** Finds LXD's socket on this machine, as LXD's own client does. */
import { stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * The folders of the snap, of Debian's package, and of Incus, whose API is the same in all parts
 * that we use.
 */
const usualFolders = ['/var/snap/lxd/common/lxd', '/var/lib/lxd', '/var/lib/incus'];

export type FoundSocket =
  { readonly socket: string } | { readonly socket: undefined; readonly why: string };

export async function findSocket(environment: NodeJS.ProcessEnv): Promise<FoundSocket> {
  const { LXD_SOCKET: named, LXD_DIR: folder } = environment;
  const candidates =
    named !== undefined && named !== ''
      ? [named]
      : (folder !== undefined && folder !== '' ? [folder] : usualFolders).map((where) =>
          path.join(where, 'unix.socket'),
        );
  for (const socket of candidates) {
    if (await isSocket(socket)) return { socket };
  }
  return { socket: undefined, why: `there is no ${candidates.join(', ')}` };
}

async function isSocket(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isSocket(),
    () => false,
  );
}
