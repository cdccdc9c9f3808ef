/**
 * The progress of the open change, in a small file of its own: the entry names every change, which
 * may be tens of thousands, and is not written again after each step.
 */
import path from 'node:path';
import { removeFile, writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { readJsonFile } from '../../../runtime/files/read-json-file.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { JournalEntry } from '../../../schemas/generated/journal.ts';
import type { JournalProgress } from '../../../schemas/generated/journal-progress.ts';

export interface ProgressFile {
  /** The entry with its progress. */
  of(entry: JournalEntry): Promise<JournalEntry>;
  write(entry: JournalEntry, stepsDone: number): Promise<void>;
  remove(): Promise<void>;
}

const maxBytes = 4096;

export function createJournalProgress(
  directory: string,
  logger: Pick<Logger, 'warn'>,
): ProgressFile {
  const file = path.join(directory, 'journal-progress.json');
  return {
    of: async (entry) => {
      const { isJournalProgress } =
        await import('../../../schemas/generated/journal-progress.validator.js');
      const isValid = isJournalProgress;
      const found = await readJsonFile(file, { maxBytes, formatVersion: 1, isValid, logger });
      // Ignores a file of another entry, or of an earlier attempt.
      const isOfIt = found?.id === entry.id && found.attempts === entry.attempts;
      return isOfIt ? { ...entry, stepsDone: found.stepsDone } : entry;
    },
    write: async ({ id, attempts }, stepsDone) => {
      const progress: JournalProgress = { formatVersion: 1, id, attempts, stepsDone };
      await writeFileAtomic(file, JSON.stringify(progress));
    },
    remove: () => removeFile(file),
  };
}
