/** Revisions and the agent's state as files. kill -9 and power loss leave each as before or new. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { digestOf } from '../../../core/revision/digest.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import { removeFile, writeFileAtomic } from '../../../runtime/atomic-file.ts';
import { fromSystemError, systemCodeOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/logger.ts';
import { readJsonFile } from '../../../runtime/read-json-file.ts';
import type { RevisionStore, StoredRevisionInfo } from '../../ports/revision-store.ts';
import { revisionsFolder } from './state-folders.ts';

/** A text of 1 MiB may take six times as much in JSON. */
const maxRevisionBytes = 8 * 1024 * 1024;
const maxStateBytes = 4 * 1024 * 1024;
const keptRevisions = 50;

export function createRevisionFiles(
  directory: string,
  logger: Pick<Logger, 'warn'>,
): RevisionStore {
  const folder = revisionsFolder(directory);
  const stateFile = path.join(directory, 'state.json');
  const fileOf = (ref: RevisionRef): string => path.join(folder, fileName(ref));
  const read = async (file: string): Promise<Revision | undefined> => {
    const { isRevision } = await import('../../../schemas/generated/revision.validator.js');
    return readJsonFile(file, {
      maxBytes: maxRevisionBytes,
      formatVersion: 1,
      isValid: isRevision,
      logger,
    });
  };
  return {
    save: async (revision) => {
      await makeFolder(folder);
      await writeFileAtomic(fileOf(revision), JSON.stringify(revision));
    },
    load: (ref) => read(fileOf(ref)),
    list: async () => {
      const found: StoredRevisionInfo[] = [];
      for (const name of await revisionNames(folder)) {
        const revision = await read(path.join(folder, name));
        if (revision !== undefined) found.push(infoOf(revision));
      }
      return found.sort(newestFirst);
    },
    prune: async (keep) => {
      const names = await revisionNames(folder);
      const kept = new Set(keep.map(fileName));
      if (names.length <= keptRevisions) return;
      const aged = await Promise.all(
        names.map(async (name) => ({ name, time: (await stat(path.join(folder, name))).mtimeMs })),
      );
      const oldest = aged.sort((a, b) => a.time - b.time).slice(0, names.length - keptRevisions);
      for (const { name } of oldest) {
        if (!kept.has(name)) await removeFile(path.join(folder, name));
      }
    },
    loadState: async () => {
      const { isAgentState } = await import('../../../schemas/generated/agent-state.validator.js');
      return readJsonFile(stateFile, {
        maxBytes: maxStateBytes,
        formatVersion: 1,
        isValid: isAgentState,
        logger,
      });
    },
    saveState: async (state) => {
      await makeFolder(directory);
      await writeFileAtomic(stateFile, JSON.stringify(state));
    },
  };
}

/** Readable, unique, and never a path, whatever the lineage holds. */
function fileName({ lineage, number, digest }: RevisionRef): string {
  const key = digestOf([lineage, digest]).slice('sha256:'.length).slice(0, 24);
  return `${String(number)}-${key}.json`;
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw fromSystemError(`cannot make the folder "${folder}"`, error);
  });
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
