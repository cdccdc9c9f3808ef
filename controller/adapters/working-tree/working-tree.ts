import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { AppError, fromSystemError } from '../../../runtime/errors.ts';
import type { SourceTree } from '../../ports/source-tree.ts';
import { commitWith, isPast } from './commit-with.ts';
import { isBelow, outside, readBelow, type FileBelow } from './read-below.ts';

export interface WorkingTreeSettings {
  readonly folder: string;
  /** A path below the folder; `{cluster}` stands for the cluster's name. */
  readonly pattern: string;
  readonly cluster: string;
}

/** The limit of a pushed configuration. */
const maxBytes = 1024 * 1024;

/** @throws AppError invalid-settings if the pattern leads out of the folder */
export function workingTree({ folder, pattern, cluster }: WorkingTreeSettings): SourceTree {
  const name = path.normalize(pattern.replaceAll('{cluster}', cluster));
  if (name === '.' || path.isAbsolute(name) || name === '..' || name.startsWith(`..${path.sep}`)) {
    throw new AppError(
      'invalid-settings',
      `cannot follow "${pattern}": write the path of a file below --source, such as clusters/{cluster}.yaml`,
    );
  }
  const file = path.join(folder, name);
  return {
    file,
    read: async () => {
      const text = await readBelow({ ...(await realFile(folder, name)), file, maxBytes });
      if (text === undefined) throw absent(file);
      return { mediaType: file.endsWith('.json') ? 'application/json' : 'application/yaml', text };
    },
    commitOf: ({ text }) => commitWith(text, folder, name),
    isPast: (id) => isPast(id, folder),
  };
}

/**
 * The paths of both without symbolic links. git-sync puts a link to another folder in the place of the
 * followed one, so the folder is resolved first.
 * @throws AppError not-found, and access-denied for a link out of the folder: who may write there
 *   must not read other files through the controller
 */
async function realFile(folder: string, name: string): Promise<Pick<FileBelow, 'root' | 'real'>> {
  const file = path.join(folder, name);
  try {
    const root = await realpath(folder);
    const real = await realpath(path.join(root, name));
    if (isBelow(root, real)) return { root, real };
  } catch (error) {
    const failure = fromSystemError(`cannot read "${file}"`, error);
    throw failure.code === 'not-found' ? absent(file) : failure;
  }
  throw outside(file, folder);
}

function absent(file: string): AppError {
  return new AppError('not-found', `there is no file "${file}"`);
}
