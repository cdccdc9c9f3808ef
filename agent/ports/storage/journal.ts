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
  /**
   * The history, newest first, without the changes, which may be many.
   * @throws AppError not-ready where one of them cannot be read now, and can be later
   */
  summaries(): Promise<readonly JournalSummary[]>;
  /** The part of the history that can be read now, newest first. */
  readableHistory(): Promise<ReadableHistory>;
}

export interface ReadableHistory {
  readonly summaries: readonly JournalSummary[];
  /** Ended changes about which nothing is known now. */
  readonly unread: readonly UnreadChange[];
}

export interface UnreadChange {
  readonly id: number;
  readonly why: string;
  /** It may be readable later. */
  readonly retryable: boolean;
}

export type EndedEntry = JournalEntry & { readonly ended: NonNullable<JournalEntry['ended']> };
