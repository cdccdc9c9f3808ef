/**
 * The state that an earlier version kept in the files `fleet.json` and `revisions/<number>.json`. It
 * is read once, and then put aside as `before-store/`.
 */
import { lstat, mkdir, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Revision } from '../../../core/revision/revision.ts';
import { AppError, fromSystemError, systemCodeOf } from '../../../runtime/errors.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import { readNodesFile } from './nodes-file.ts';
import { readRevisionFiles, type EarlierFilesOptions } from './revision-files.ts';

export interface EarlierState {
  readonly cluster: string;
  readonly nodes: readonly StoredNode[];
  readonly revisions: readonly Revision[];
  readonly lastNumber: number;
}

export interface EarlierFiles {
  /**
   * Undefined: there are none. A damaged file is set aside, and its content is left out.
   * @throws AppError newer-format; corrupt-file where the store that took the files over is gone
   */
  read(): Promise<EarlierState | undefined>;
  /** Moves the files, which stay for people to read. Does nothing if there are none. */
  putAside(): Promise<void>;
}

const nodesFile = 'fleet.json';
const revisionsFolder = 'revisions';
const asideFolder = 'before-store';

/** The names of the files that an earlier version wrote and no store has taken over. @throws AppError */
export async function earlierFilesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw fromSystemError(`cannot read the state directory "${folder}"`, error);
  });
  return names.filter(
    (name) => name === revisionsFolder || name === nodesFile || name.startsWith(`${nodesFile}.`),
  );
}

export function earlierFiles(folder: string, options: EarlierFilesOptions): EarlierFiles {
  const at = (name: string): string => path.join(folder, name);
  const present = (): Promise<readonly string[]> => earlierFilesIn(folder);
  return {
    read: async () => {
      if ((await present()).length === 0) {
        if (await isThere(at(asideFolder))) throw storeIsGone(folder);
        return undefined;
      }
      const fleet = await readNodesFile(at(nodesFile), options.logger);
      if (fleet !== undefined && fleet.cluster !== options.cluster) {
        throw ofAnotherCluster(folder, fleet.cluster, options.cluster);
      }
      const revisions = await readRevisionFiles(at(revisionsFolder), options);
      return { cluster: options.cluster, nodes: fleet?.nodes ?? [], ...revisions };
    },
    putAside: async () => {
      const names = await present();
      if (names.length === 0) return;
      try {
        const aside = await freeFolder(at(asideFolder), names);
        await mkdir(aside, { recursive: true, mode: 0o700 });
        for (const name of names) await rename(at(name), path.join(aside, name));
        options.logger.info(
          `the store has the earlier version's files, which are now in "${aside}"`,
        );
      } catch (error) {
        throw fromSystemError(`cannot put the earlier version's files in "${folder}" aside`, error);
      }
    },
  };
}

/** The folder, or, where one of the names is taken in it, another one: nothing is overwritten. */
async function freeFolder(folder: string, names: readonly string[]): Promise<string> {
  for (let count = 1; ; count += 1) {
    const one = count === 1 ? folder : `${folder}-${String(count)}`;
    const taken = await Promise.all(names.map((name) => isThere(path.join(one, name))));
    if (!taken.includes(true)) return one;
  }
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    (error: unknown) => {
      if (systemCodeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
}

function ofAnotherCluster(folder: string, owner: string, cluster: string): AppError {
  return new AppError(
    'invalid-settings',
    `cannot use the state directory "${folder}": it belongs to the cluster "${owner}", not "${cluster}"; give each cluster its own`,
  );
}

function storeIsGone(folder: string): AppError {
  const aside = path.join(folder, asideFolder);
  return new AppError(
    'corrupt-file',
    `cannot use the state directory "${folder}": its store is gone, but "${aside}" shows that it had one; ` +
      `put a copy of the store in its place, or move "${aside}" away to begin with an empty store`,
  );
}
