/** The folders of the agent's state. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fromSystemError } from '../../../runtime/errors.ts';
import { jujuFolder } from '../../../runtime/files/juju-settings-file.ts';

export function revisionsFolder(directory: string): string {
  return path.join(directory, 'revisions');
}

export function historyFolder(directory: string): string {
  return path.join(directory, 'history');
}

/** Files of the platform as they were before the agent's first edit. */
export function originalsFolder(directory: string): string {
  return path.join(directory, 'host-originals');
}

/** All folders in which the agent writes its state. */
export function stateFolders(directory: string): readonly string[] {
  return [
    directory,
    revisionsFolder(directory),
    historyFolder(directory),
    originalsFolder(directory),
    jujuFolder(directory),
  ];
}

/** Makes the folder with its parents, readable only for the agent's user. @throws AppError */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw fromSystemError(`cannot make the folder "${folder}"`, error);
  });
}
