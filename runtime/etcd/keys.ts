/** etcd's keys and transactions as plain data. Revisions are 64-bit numbers: kept as texts. */
import { bytesOf } from '../../core/input/weight.ts';

export type KeyRange = { readonly key: string } | { readonly prefix: string };

export interface StoredKey {
  readonly key: string;
  readonly value: string;
  /** create_revision, which changes when the key is deleted and made again. */
  readonly created: string;
  /** mod_revision. */
  readonly modified: string;
  /** The ID of the lease that it is bound to; `0`: none. */
  readonly lease: string;
}

/** The part of a key that a reading holds, and the memory that it takes. */
export interface KeptPart<T> {
  readonly part: T;
  readonly bytes: number;
}

/** undefined: nothing is held of the key. */
export type KeepPart<T> = (
  key: StoredKey,
) => KeptPart<T> | undefined | Promise<KeptPart<T> | undefined>;

/** Keeps the key with its value. */
export function wholeKey(one: StoredKey): KeptPart<StoredKey> {
  return { part: one, bytes: bytesOf(one.value) };
}

/** `T`: what the reading keeps of a key. */
export interface Snapshot<T = StoredKey> {
  readonly revision: string;
  readonly clusterId: string;
  /** Of the keys of each range, sorted. */
  readonly ranges: readonly (readonly T[])[];
}

/** Where a page of a range begins, and its size. */
export interface PageQuery {
  /** The last key of the page before. */
  readonly after?: string | Uint8Array;
  /** The most keys; a page may have fewer and not be the last. */
  readonly limit: number;
  /** The revision at which to read; absent: the current one. */
  readonly revision?: string | undefined;
}

export interface KeyPage {
  /** Sorted. */
  readonly keys: readonly StoredKey[];
  /** The last key as it is in etcd, where it need not be UTF-8; absent: the page has none. */
  readonly last?: Uint8Array;
  /** The revision of the whole etcd at the time of the answer. */
  readonly revision: string;
  /** There are more keys behind it. */
  readonly more: boolean;
}

/** The revision of a key that does not exist. */
export const noRevision = '0';

export function isEarlier(revision: string, other: string): boolean {
  return BigInt(revision) < BigInt(other);
}

/** A condition for carrying out a transaction. */
export type Compare =
  | { readonly key: string; readonly modified: string }
  | { readonly key: string; readonly created: string };

export type Write =
  | { readonly put: string; readonly value: string; readonly lease?: string }
  | { readonly remove: string };

/** etcd refuses two writes of one key. */
export interface Transaction {
  readonly compares: readonly Compare[];
  readonly writes: readonly Write[];
  /** Keys that are read at the same revision if a compare fails. */
  readonly otherwise: readonly string[];
}

export type TransactionOutcome =
  | { readonly done: true; readonly revision: string }
  | { readonly done: false; readonly found: ReadonlyMap<string, StoredKey> };

/** `revision` is that of the change: the events of one transaction have the same. */
export type KeyEvent =
  | {
      readonly type: 'put';
      readonly key: string;
      readonly value: string;
      readonly revision: string;
    }
  | {
      readonly type: 'delete';
      readonly key: string;
      readonly revision: string;
      /** The previous value, if the server still has it. */
      readonly previous?: string;
    };
