import path from 'node:path';
import { jujuFolder } from '../../../runtime/files/juju-settings-file.ts';

export function revisionsFolder(directory: string): string {
  return path.join(directory, 'revisions');
}

export function historyFolder(directory: string): string {
  return path.join(directory, 'history');
}

/** All that we write in. */
export function stateFolders(directory: string): readonly string[] {
  return [directory, revisionsFolder(directory), historyFolder(directory), jujuFolder(directory)];
}
