/** A lease as a store holds it: one object with a version, that is written only by comparing it. */
import { parseWriterRecord, type WriterRecord } from './writer-record.ts';

export interface StoredLease {
  /** Another one after each write of the object, whoever wrote it. */
  readonly version: string;
  /** `<node>_<process>`; empty: nobody holds it. */
  readonly holder: string;
  readonly durationSeconds: number;
  readonly transitions: number;
  /** The writer record as it is stored; undefined: there is none. */
  readonly recordText: string | undefined;
}

/** What a write changes; what it does not name stays. */
export interface LeaseContent {
  /** Empty: nobody. With a holder the lease counts as renewed. */
  readonly holder?: string;
  /** Another agent held it before. */
  readonly acquired?: boolean;
  readonly transitions?: number;
  readonly record?: WriterRecord;
}

/** Two agents of one node are two holders. */
export function holderOf(node: string, processMark: string): string {
  return `${node}_${processMark}`;
}

/** No name of a node has an underscore. */
export function nodeOfHolder(holder: string): string {
  const end = holder.lastIndexOf('_');
  return end < 0 ? holder : holder.slice(0, end);
}

export type ReadRecord =
  | { readonly isReadable: true; readonly record: WriterRecord | undefined }
  /** It is not in the form that this version writes, and must stay as it is. */
  | { readonly isReadable: false };

export function readRecord({
  recordText,
}: Partial<Pick<StoredLease, 'recordText'>> = {}): ReadRecord {
  if (recordText === undefined) return { isReadable: true, record: undefined };
  const record = parseWriterRecord(recordText);
  return record === undefined ? { isReadable: false } : { isReadable: true, record };
}
