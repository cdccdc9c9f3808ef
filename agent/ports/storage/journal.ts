import type { JournalEntry } from '../../../schemas/generated/journal.ts';
import type { JournalSummary } from '../../../schemas/generated/journal-summary.ts';

/** The write-ahead journal of changes. Everything is on disk when a call resolves. */
export interface Journal {
  /** The change that has not ended, also after kill -9. */
  open(): Promise<JournalEntry | undefined>;
  /** The number for a new entry. */
  nextId(): Promise<number>;
  write(entry: JournalEntry): Promise<void>;
  /** Writes the progress of the entry that was written last. */
  progress(entry: JournalEntry, stepsDone: number): Promise<void>;
  /** Moves an ended entry to the history, which keeps the newest ones. */
  end(entry: EndedEntry): Promise<void>;
  /** The history, newest first, without the changes, which may be many. */
  summaries(): Promise<readonly JournalSummary[]>;
}

export type EndedEntry = JournalEntry & { readonly ended: NonNullable<JournalEntry['ended']> };
