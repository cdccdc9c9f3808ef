import type { JournalEntry } from '../../schemas/generated/journal.ts';

/** The write-ahead journal of changes. Everything is on disk when a call resolves. */
export interface Journal {
  /** The change that has not ended, also after kill -9. */
  open(): Promise<JournalEntry | undefined>;
  /** The number for a new entry. */
  nextId(): Promise<number>;
  write(entry: JournalEntry): Promise<void>;
  /** Moves an ended entry to the history, of which the newest are kept. */
  end(entry: EndedEntry): Promise<void>;
  /** Newest first. */
  history(): Promise<readonly EndedEntry[]>;
}

export type EndedEntry = JournalEntry & { readonly ended: NonNullable<JournalEntry['ended']> };
