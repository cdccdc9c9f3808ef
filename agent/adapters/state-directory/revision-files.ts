/** Revisions and the agent's state as files. kill -9 and power loss leave each as before or new. */
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import { removeFile, writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { fromSystemError, reasonOf, systemCodeOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { readJsonFile, type FileDamage } from '../../../runtime/files/read-json-file.ts';
import type { RevisionStore, StoredRevisionInfo } from '../../ports/storage/revision-store.ts';
import {
  createStorageProblems,
  type StorageProblems,
} from '../../ports/storage/storage-problems.ts';
import { createVerifier, type DigestOfText } from './verify-revision.ts';
import { revisionFileName } from './revision-file-name.ts';
import { createStateFile } from './state-file.ts';
import { makeFolder, revisionsFolder } from './state-folders.ts';
import { revisionText } from '../../../core/revision/revision-text.ts';

/** A text of 1 MiB may take six times as much in JSON. */
const maxRevisionBytes = 8 * 1024 * 1024;
const keptRevisions = 50;

export interface RevisionFilesOptions {
  readonly problems?: StorageProblems;
  /** Default: parses the text in this process. */
  readonly digestOfText?: DigestOfText;
}

export function createRevisionFiles(
  directory: string,
  logger: Pick<Logger, 'warn'>,
  { problems = createStorageProblems(), digestOfText }: RevisionFilesOptions = {},
): RevisionStore {
  const folder = revisionsFolder(directory);
  const fileOf = (ref: RevisionRef): string => path.join(folder, revisionFileName(ref));
  const verifier = createVerifier(digestOfText);
  const read = async (
    file: string,
    faultOf: (revision: Revision) => Promise<string | undefined>,
    damaged?: (damage: FileDamage) => void,
  ): Promise<Revision | undefined> => {
    const { isRevision } = await import('../../../schemas/generated/revision.validator.js');
    return readJsonFile(file, {
      maxBytes: maxRevisionBytes,
      formatVersion: 1,
      isValid: isRevision,
      faultOf,
      logger,
      ...(damaged !== undefined && { damaged }),
    });
  };
  const load = async (ref: RevisionRef): Promise<Revision | undefined> => {
    const file = fileOf(ref);
    let lost = 'is missing';
    const revision = await read(
      file,
      (found) => verifier.faultOf(file, found, ref),
      ({ aside }) => {
        lost = `is damaged, and was set aside as "${aside}"`;
      },
    );
    if (revision !== undefined) problems.mended(file);
    else problems.note({ file, ...lostText(ref, lost) });
    return revision;
  };
  /** A file that cannot be read must not hide the others. */
  const infoIn = async (name: string): Promise<readonly StoredRevisionInfo[]> => {
    const file = path.join(folder, name);
    try {
      const faultOf = (found: Revision): Promise<string | undefined> =>
        Promise.resolve(misplaced(found, name));
      const revision = await read(file, faultOf);
      return revision === undefined ? [] : [infoOf(revision)];
    } catch (error) {
      logger.warn(reasonOf(error));
      return [];
    }
  };
  return {
    save: async (revision) => {
      const file = fileOf(revision);
      await makeFolder(folder);
      await writeFileAtomic(file, JSON.stringify(revision));
      await verifier.trust(file);
      problems.mended(file);
    },
    load,
    holds: async (ref) => (await verifier.knows(fileOf(ref))) || (await load(ref)) !== undefined,
    list: async () => {
      const found: StoredRevisionInfo[] = [];
      for (const name of await revisionNames(folder)) found.push(...(await infoIn(name)));
      return found.sort(newestFirst);
    },
    prune: (keep) => pruneFolder(folder, keep),
    ...createStateFile(directory, logger),
  };
}

function lostText(
  revision: RevisionRef,
  lost: string,
): { readonly message: string; readonly hint: string } {
  return {
    message: `the stored text of revision ${revisionText(revision)} ${lost}`,
    hint: 'send the same configuration again (the controller and the Juju hooks do so by themselves); then it is stored anew',
  };
}

/** @param keep these stay, however old they are */
async function pruneFolder(folder: string, keep: readonly RevisionRef[]): Promise<void> {
  const names = await revisionNames(folder);
  if (names.length <= keptRevisions) return;
  const kept = new Set(keep.map(revisionFileName));
  const aged = await Promise.all(
    names.map(async (name) => ({ name, time: (await lstat(path.join(folder, name))).mtimeMs })),
  );
  const oldest = aged.sort((a, b) => a.time - b.time).slice(0, names.length - keptRevisions);
  for (const { name } of oldest) {
    if (!kept.has(name)) await removeFile(path.join(folder, name));
  }
}

function misplaced(revision: Revision, name: string): string | undefined {
  return revisionFileName(revision) === name ? undefined : 'it holds another revision';
}

async function revisionNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => /^\d+-[0-9a-f]{24}\.json$/.test(name));
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw fromSystemError(`cannot read the folder "${folder}"`, error);
  }
}

function infoOf({ text: _text, formatVersion: _version, ...info }: Revision): StoredRevisionInfo {
  return info;
}

function newestFirst(a: StoredRevisionInfo, b: StoredRevisionInfo): number {
  if (a.lineage === b.lineage) return b.number - a.number;
  return a.acceptedAt < b.acceptedAt ? 1 : -1;
}
