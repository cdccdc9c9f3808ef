import path from 'node:path';
import { AppError } from '../../../runtime/errors.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import type { SourceTree } from '../../ports/source-tree.ts';
import { commitWith, isPast } from './commit-with.ts';

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
      const text = await readTextFile(file, maxBytes);
      if (text === undefined) throw new AppError('not-found', `there is no file "${file}"`);
      return { mediaType: file.endsWith('.json') ? 'application/json' : 'application/yaml', text };
    },
    commitOf: ({ text }) => commitWith(text, folder, name),
    isPast: (id) => isPast(id, folder),
  };
}
