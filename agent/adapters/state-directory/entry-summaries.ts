/** Summaries of ended entries, in a small file beside each. A missing one is made again. */
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import { summarizeEntry } from '../../../core/stored/summarize-entry.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import { removeFile, writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { largeFileBytes, readJsonFile } from '../../../runtime/files/read-json-file.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { JournalEntry } from '../../../schemas/generated/journal.ts';
import type { JournalSummary } from '../../../schemas/generated/journal-summary.ts';
import type { EndedEntry, ReadableHistory, UnreadChange } from '../../ports/storage/journal.ts';
import { maxEntryBytes, type StoredEntries } from '../../ports/storage/stored-entries.ts';

export interface EntrySummaries {
  /** Writes the summary. If that fails, the next read makes it. */
  write(entry: EndedEntry): Promise<void>;
  /**
   * Reads the summaries in this order. An entry that is damaged, and was set aside, is in neither
   * list.
   */
  read(ids: readonly number[]): Promise<ReadableHistory>;
  remove(id: number): Promise<void>;
}

export interface EntrySummariesDeps {
  readonly fileOf: (id: number) => string;
  readonly read: (file: string) => Promise<JournalEntry | undefined>;
  readonly entries: StoredEntries | undefined;
  readonly logger: Pick<Logger, 'warn'>;
}

const maxBytes = 4 * 1024 * 1024;

export function createEntrySummaries(folder: string, deps: EntrySummariesDeps): EntrySummaries {
  const { fileOf, entries, logger } = deps;
  const summaryFileOf = (id: number): string => path.join(folder, `${String(id)}.summary.json`);
  const keep = async (summary: JournalSummary): Promise<void> => {
    await writeFileAtomic(summaryFileOf(summary.id), JSON.stringify(summary)).catch(
      (error: unknown) => logger.warn(reasonOf(error)),
    );
  };
  const kept = async (id: number): Promise<JournalSummary | undefined> => {
    const { isJournalSummary } =
      await import('../../../schemas/generated/journal-summary.validator.js');
    // A damaged summary is no loss, because the entry has all of it.
    const text = await readTextFile(summaryFileOf(id), maxBytes, { noLinks: true }).catch(
      () => undefined,
    );
    const data = text === undefined ? undefined : jsonValue(text, jsonBounds.state);
    return isJournalSummary(data) && data.id === id ? data : undefined;
  };
  const made = async (id: number): Promise<JournalSummary | undefined> => {
    const file = fileOf(id);
    if (entries !== undefined && (await lstat(file)).size > largeFileBytes) {
      return summaryOfLarge(file, entries, logger);
    }
    const entry = await deps.read(file);
    return entry?.ended === undefined
      ? undefined
      : summarizeEntry({ ...entry, ended: entry.ended });
  };
  const summaryOf = async (id: number): Promise<JournalSummary | undefined> => {
    const known = await kept(id);
    if (known !== undefined) return known;
    const summary = await made(id);
    if (summary?.id !== id) return undefined;
    await keep(summary);
    return summary;
  };
  return {
    write: (entry) => keep(summarizeEntry(entry)),
    read: async (ids) => {
      const summaries: JournalSummary[] = [];
      const unread: UnreadChange[] = [];
      for (const id of ids) {
        // An entry that cannot be read must not hide the others.
        const summary = await summaryOf(id).catch((error: unknown) => {
          const why = reasonOf(error);
          logger.warn(why);
          unread.push({ id, why, retryable: error instanceof AppError && error.retryable });
        });
        if (summary !== undefined) summaries.push(summary);
      }
      return { summaries, unread };
    },
    remove: (id) => removeFile(summaryFileOf(id)),
  };
}

async function summaryOfLarge(
  file: string,
  entries: StoredEntries,
  logger: Pick<Logger, 'warn'>,
): Promise<JournalSummary | undefined> {
  const { isJournalSummary } =
    await import('../../../schemas/generated/journal-summary.validator.js');
  return readJsonFile(file, {
    maxBytes: maxEntryBytes,
    formatVersion: 1,
    isValid: isJournalSummary,
    readLarge: (large) => entries.summary(large),
    logger,
  });
}
