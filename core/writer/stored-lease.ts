/**
 * A stored lease: one object with a version, which is only written if the version is still the
 * same.
 */
import { parseWriterRecord, type WriterRecord } from './writer-record.ts';

export interface StoredLease {
  /** Changes with each write of the object, by any agent. */
  readonly version: string;
  /** `<node>_<process>`; empty: no agent holds it. */
  readonly holder: string;
  readonly durationSeconds: number;
  readonly transitions: number;
  /** The writer record as stored text; undefined: there is none. */
  readonly recordText: string | undefined;
}

/** The fields that a write changes; absent ones stay. */
export interface LeaseContent {
  /** Empty: no holder. With a holder the lease counts as renewed. */
  readonly holder?: string;
  /** Another agent held it before. */
  readonly acquired?: boolean;
  readonly transitions?: number;
  readonly record?: WriterRecord;
}

/** The holder's text, which differs for two agents of one node. */
export function holderOf(node: string, processMark: string): string {
  return `${node}_${processMark}`;
}

/** The node in a holder's text; no name of a node has an underscore. */
export function nodeOfHolder(holder: string): string {
  const end = holder.lastIndexOf('_');
  return end < 0 ? holder : holder.slice(0, end);
}

export type ReadRecord =
  | { readonly isReadable: true; readonly record: WriterRecord | undefined }
  /** It does not have the form of this version, and must stay as it is. */
  | { readonly isReadable: false };

export function readRecord({
  recordText,
}: Partial<Pick<StoredLease, 'recordText'>> = {}): ReadRecord {
  if (recordText === undefined) return { isReadable: true, record: undefined };
  const record = parseWriterRecord(recordText);
  return record === undefined ? { isReadable: false } : { isReadable: true, record };
}
