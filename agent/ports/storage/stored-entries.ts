import type { StoredRead } from '../../../core/stored/read-entry.ts';
import type { JournalEntry } from '../../../schemas/generated/journal.ts';
import type { JournalSummary } from '../../../schemas/generated/journal-summary.ts';

/** Larger than any plan within the limits of a configuration. */
export const maxEntryBytes = 64 * 1024 * 1024;

/**
 * Reads files of journal entries that are too large for the daemon's event loop.
 * Each throws AppError limit-reached, not-ready where too much waits, internal after a fault.
 */
export interface StoredEntries {
  entry(file: string): Promise<StoredRead<JournalEntry>>;
  /** The summary of an ended entry. */
  summary(file: string): Promise<StoredRead<JournalSummary>>;
}
