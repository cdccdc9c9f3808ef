import { jsonBounds } from '../input/bounds.ts';
import { parseJson } from '../input/parse-json.ts';
import { isJournal } from '../../schemas/generated/journal.validator.js';
import type { JournalEntry } from '../../schemas/generated/journal.ts';
import type { JournalSummary } from '../../schemas/generated/journal-summary.ts';
import { modernJournal } from './renamed-fields.ts';
import { summarizeEntry } from './summarize-entry.ts';

/** The result of reading a file of the state directory. */
export type StoredRead<T> =
  | { readonly kind: 'value'; readonly value: T }
  /** The reason completes `it is damaged:`. */
  | { readonly kind: 'damaged'; readonly reason: string }
  /** A newer version of the program wrote it. */
  | { readonly kind: 'newer'; readonly formatVersion: number };

const ownFormat = 1;
const otherForm = 'it does not have the form that this version writes';

/** A journal entry of this version or an older one. */
export function readEntry(text: string): StoredRead<JournalEntry> {
  const parsed = parseJson(text, jsonBounds.state);
  if (!parsed.ok) return { kind: 'damaged', reason: parsed.reason };
  const formatVersion = formatOf(parsed.data);
  if (formatVersion > ownFormat) return { kind: 'newer', formatVersion };
  const value = modernJournal(parsed.data);
  return isJournal(value) ? { kind: 'value', value } : { kind: 'damaged', reason: otherForm };
}

/** As readEntry, for an ended entry. */
export function readEntrySummary(text: string): StoredRead<JournalSummary> {
  const read = readEntry(text);
  if (read.kind !== 'value') return read;
  const { ended } = read.value;
  return ended === undefined
    ? { kind: 'damaged', reason: 'it lies in the history and has not ended' }
    : { kind: 'value', value: summarizeEntry({ ...read.value, ended }) };
}

function formatOf(data: unknown): number {
  if (typeof data !== 'object' || data === null || !('formatVersion' in data)) return 0;
  return typeof data.formatVersion === 'number' ? data.formatVersion : 0;
}
