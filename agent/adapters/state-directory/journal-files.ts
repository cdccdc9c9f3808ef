/** The journal as files: journal.json while a change is open, history/<id>.json when it has ended. */
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { modernJournal } from './renamed-fields.ts';
import path from 'node:path';
import { removeFile, writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { fromSystemError, reasonOf, systemCodeOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { largeJson } from '../../../runtime/pacing/large-text.ts';
import { readJsonFile } from '../../../runtime/files/read-json-file.ts';
import type { JournalEntry } from '../../../schemas/generated/journal.ts';
import type { EndedEntry, Journal } from '../../ports/journal.ts';
import { createStorageProblems, type StorageProblems } from '../../ports/storage-problems.ts';
import { historyFolder } from './state-folders.ts';

const maxEntryBytes = 64 * 1024 * 1024;
const keptEntries = 100;

export function createJournalFiles(
  directory: string,
  logger: Pick<Logger, 'warn'>,
  problems: StorageProblems = createStorageProblems(),
): Journal {
  const openFile = path.join(directory, 'journal.json');
  const folder = historyFolder(directory);
  const fileOf = (id: number): string => path.join(folder, `${String(id)}.json`);
  const read = async (file: string): Promise<JournalEntry | undefined> => {
    // Mostly there is none, and then nothing to be checked.
    if (!(await isThere(file))) return undefined;
    const { isJournal } = await import('../../../schemas/generated/journal.validator.js');
    return readJsonFile(file, {
      maxBytes: maxEntryBytes,
      formatVersion: 1,
      isValid: isJournal,
      modernize: modernJournal,
      logger,
      damaged: ({ aside }) => {
        if (file === openFile) problems.note({ file, ...cutOffUnknown(aside) });
      },
    });
  };
  return {
    open: async () => {
      const entry = await read(openFile);
      if (entry === undefined || !(await idsOf(folder)).includes(entry.id)) return entry;
      // Cut off while it was ended: the history has it.
      await removeFile(openFile);
      return undefined;
    },
    nextId: async () => (await idsOf(folder)).reduce((highest, id) => Math.max(highest, id), 0) + 1,
    write: async (entry) => {
      await makeFolder(directory);
      await writeFileAtomic(openFile, await largeJson(entry));
      problems.mended(openFile);
    },
    end: async (entry) => {
      await makeFolder(folder);
      await writeFileAtomic(fileOf(entry.id), await largeJson(entry));
      await removeFile(openFile);
      const ids = (await idsOf(folder)).sort((a, b) => b - a);
      for (const id of ids.slice(keptEntries)) await removeFile(fileOf(id));
    },
    history: async () => {
      const entries: EndedEntry[] = [];
      for (const id of (await idsOf(folder)).sort((a, b) => b - a)) {
        // One that cannot be read must not hide the others.
        const entry = await read(fileOf(id)).catch((error: unknown) => {
          logger.warn(reasonOf(error));
          return undefined;
        });
        if (entry?.ended !== undefined) entries.push({ ...entry, ended: entry.ended });
      }
      return entries;
    },
  };
}

function cutOffUnknown(aside: string): { readonly message: string; readonly hint: string } {
  return {
    message: `the journal of the change that was under way is damaged, and was set aside as "${aside}"`,
    hint: 'nothing is to be done: what is there is compared with what is wanted, and the rest is applied',
  };
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw fromSystemError(`cannot make the folder "${folder}"`, error);
  });
}

async function idsOf(folder: string): Promise<number[]> {
  try {
    const names = await readdir(folder);
    return names.flatMap((name) => {
      const id = /^(\d{1,15})\.json$/.exec(name)?.[1];
      return id === undefined ? [] : [Number(id)];
    });
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return [];
    throw fromSystemError(`cannot read the folder "${folder}"`, error);
  }
}
