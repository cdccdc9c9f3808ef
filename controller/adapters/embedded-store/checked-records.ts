/**
 * The records that were read when the file was checked, for the program that reads all of a kind next: without them
 * SQLite would read and convert each a second time while thousands of agents wait.
 */
import type { ListQuery, RecordPage, StoredRecord } from '../../ports/store.ts';

/** Of all texts together, so that a thread with a large store does not take twice its memory. */
const mostLength = 32 * 1024 * 1024;
/** Longer ones are revisions, which nobody reads all of. */
const longestText = 16 * 1024;

export interface CheckedRecords {
  /** Takes the next record; they come in the order of their kinds and keys. */
  add(record: StoredRecord): void;
  /** The page; undefined: not all records of this kind are here. A kind goes with its last page. */
  list(query: ListQuery): RecordPage | undefined;
}

export function createCheckedRecords(): CheckedRecords {
  /** Undefined: one of the kind has no room, so the kind is not whole. */
  const byKind = new Map<string, StoredRecord[] | undefined>();
  let length = 0;
  return {
    add: (record) => {
      const { kind, text } = record;
      length += text.length;
      if (length > mostLength) {
        byKind.clear();
        return;
      }
      const those = byKind.has(kind) ? byKind.get(kind) : [];
      if (text.length <= longestText) those?.push(record);
      byKind.set(kind, text.length <= longestText ? those : undefined);
    },
    list: ({ kind, prefix = '', after = '', limit }) => {
      const those = byKind.get(kind);
      if (those === undefined) return undefined;
      const from = firstBehind(those, after);
      const found: StoredRecord[] = [];
      for (let at = from; at < those.length && found.length <= limit; at += 1) {
        const record = those[at];
        if (record?.key.startsWith(prefix) === true) found.push(record);
      }
      if (found.length <= limit) {
        byKind.delete(kind);
        return { records: found };
      }
      const records = found.slice(0, limit);
      const next = records.at(-1)?.key;
      return { records, ...(next !== undefined && { next }) };
    },
  };
}

/** The index of the first record with a greater key. */
function firstBehind(records: readonly StoredRecord[], key: string): number {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle]?.key ?? '') > key) high = middle;
    else low = middle + 1;
  }
  return low;
}
