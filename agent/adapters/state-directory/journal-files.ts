/**
 * The journal as files: journal.json while a change is open, history/<id>.json when it has ended,
 * with history/<id>.summary.json beside it for reading the history.
 */
import { lstat, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { modernJournal } from '../../../core/stored/renamed-fields.ts';
import { removeFile, writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { AppError, fromSystemError, systemCodeOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { jsonChunks } from '../../../runtime/pacing/large-text.ts';
import { readJsonFile } from '../../../runtime/files/read-json-file.ts';
import type { JournalEntry } from '../../../schemas/generated/journal.ts';
import type { Journal, ReadableHistory } from '../../ports/storage/journal.ts';
import { maxEntryBytes, type StoredEntries } from '../../ports/storage/stored-entries.ts';
import {
  createStorageProblems,
  type StorageProblems,
} from '../../ports/storage/storage-problems.ts';
import { createEntrySummaries } from './entry-summaries.ts';
import { createJournalProgress } from './journal-progress.ts';
import { historyFolder } from './state-folders.ts';

const keptEntries = 100;

export interface JournalFilesOptions {
  readonly problems?: StorageProblems;
  /** Default: large entries are read in this process. */
  readonly entries?: StoredEntries;
}

export function createJournalFiles(
  directory: string,
  logger: Pick<Logger, 'warn'>,
  { problems = createStorageProblems(), entries }: JournalFilesOptions = {},
): Journal {
  const openFile = path.join(directory, 'journal.json');
  const folder = historyFolder(directory);
  const fileOf = (id: number): string => path.join(folder, `${String(id)}.json`);
  const progress = createJournalProgress(directory, logger);
  /** The entry that this process wrote last, which it need not read again. */
  let written: JournalEntry | undefined;

  const read = async (file: string): Promise<JournalEntry | undefined> => {
    // Mostly there is no entry, and then nothing to check.
    if (!(await isThere(file))) return undefined;
    const { isJournal } = await import('../../../schemas/generated/journal.validator.js');
    return readJsonFile(file, {
      maxBytes: maxEntryBytes,
      formatVersion: 1,
      isValid: isJournal,
      modernize: modernJournal,
      ...(entries !== undefined && { readLarge: (large) => entries.entry(large) }),
      logger,
      damaged: ({ aside }) => {
        if (file === openFile) problems.note({ file, ...cutOffUnknown(aside) });
      },
    });
  };
  const summaries = createEntrySummaries(folder, { fileOf, read, entries, logger });
  /** The entry goes last: as long as it is there, the next process finds what is left to remove. */
  const removeOpen = async (): Promise<void> => {
    await progress.remove();
    await removeFile(openFile);
  };
  const readOpen = async (): Promise<JournalEntry | undefined> => {
    const entry = await read(openFile);
    if (entry === undefined) return undefined;
    if (!(await idsOf(folder)).includes(entry.id)) return progress.of(entry);
    // The process ended while it moved the entry: the history has it already.
    await removeOpen();
    return undefined;
  };
  const readHistory = async (): Promise<ReadableHistory> =>
    summaries.read((await idsOf(folder)).sort((a, b) => b - a));
  const prune = async (): Promise<void> => {
    const ids = (await idsOf(folder)).sort((a, b) => b - a);
    for (const id of ids.slice(keptEntries)) {
      await removeFile(fileOf(id));
      await summaries.remove(id);
    }
  };
  return {
    open: async () => written ?? readOpen(),
    nextId: async () => (await idsOf(folder)).reduce((highest, id) => Math.max(highest, id), 0) + 1,
    write: async (entry) => {
      await makeFolder(directory);
      await writeFileAtomic(openFile, jsonChunks(entry));
      written = entry;
      problems.mended(openFile);
    },
    progress: async (entry, stepsDone) => {
      await progress.write(entry, stepsDone);
      written = { ...entry, stepsDone };
    },
    end: async (entry) => {
      await makeFolder(folder);
      await writeFileAtomic(fileOf(entry.id), jsonChunks(entry));
      written = undefined;
      await summaries.write(entry);
      await removeOpen();
      await prune();
    },
    summaries: async () => {
      const { summaries: all, unread } = await readHistory();
      const busy = unread.find(({ retryable }) => retryable);
      if (busy === undefined) return all;
      throw new AppError('not-ready', `cannot read the history: ${busy.why}`, { retryable: true });
    },
    readableHistory: readHistory,
  };
}

function cutOffUnknown(aside: string): { readonly message: string; readonly hint: string } {
  return {
    message: `the journal of the change that was under way is damaged, and was set aside as "${aside}"`,
    hint: 'no action is needed: the agent compares the observed resources with the desired ones, and applies the rest',
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
