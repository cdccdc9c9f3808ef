/** Warns if other users than this process' can read or change a file with a secret. */
import { stat } from 'node:fs/promises';
import { fromSystemError } from '../errors.ts';

/** The rights as in stat. */
export interface FileRights {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** The process that reads the file. */
export interface Reader {
  readonly uid: number;
  readonly groups: readonly number[];
}

/**
 * @param what for people: "token file"
 * @returns a warning with a command that mends it, or undefined
 * @throws AppError where there is no such file, or its rights cannot be read
 */
export async function secretFileWarning(what: string, file: string): Promise<string | undefined> {
  const rights = await stat(file).catch((error: unknown) => {
    throw fromSystemError(`cannot read the ${what} "${file}"`, error);
  });
  const mend = mendExposure(rights, thisProcess());
  if (mend === undefined) return undefined;
  return `other users can read or change the ${what} "${file}": run ${mend} ${file}`;
}

/** As secretFileWarning, for a folder in which other users could replace files. */
export async function ownFolderWarning(what: string, folder: string): Promise<string | undefined> {
  const { mode } = await stat(folder).catch((error: unknown) => {
    throw fromSystemError(`cannot read the ${what} "${folder}"`, error);
  });
  if ((mode & 0o022) === 0) return undefined;
  return `other users can change the ${what} "${folder}": run chmod 700 ${folder}`;
}

/**
 * The command that removes the rights of other users and keeps the reader's. A file of root that a
 * service reads by its group, as 0640, needs none.
 */
export function mendExposure({ mode, uid, gid }: FileRights, reader: Reader): string | undefined {
  const readsByGroup = reader.uid !== uid && reader.uid !== 0 && reader.groups.includes(gid);
  const tooMuch = readsByGroup ? 0o027 : 0o077;
  if ((mode & tooMuch) === 0) return undefined;
  return readsByGroup ? 'chmod 640' : 'chmod 600';
}

function thisProcess(): Reader {
  const groups = [process.getegid?.() ?? 0, ...(process.getgroups?.() ?? [])];
  return { uid: process.geteuid?.() ?? 0, groups };
}
