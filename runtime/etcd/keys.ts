/** etcd's keys and transactions as plain data. Revisions are 64-bit numbers: kept as texts. */

export type KeyRange = { readonly key: string } | { readonly prefix: string };

export interface StoredKey {
  readonly key: string;
  readonly value: string;
  /** create_revision: another one once the key was deleted and made again. */
  readonly created: string;
  /** mod_revision. */
  readonly modified: string;
  /** The ID of the lease that it is bound to; `0`: none. */
  readonly lease: string;
}

export interface Snapshot {
  readonly revision: string;
  readonly clusterId: string;
  /** What each range holds, by key. */
  readonly ranges: readonly (readonly StoredKey[])[];
}

/** The revision of a key that does not exist. */
export const noRevision = '0';

export function isEarlier(revision: string, other: string): boolean {
  return BigInt(revision) < BigInt(other);
}

/** What must be so when a transaction is carried out. */
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
  /** Keys that are read in the same moment where a compare fails. */
  readonly otherwise: readonly string[];
}

export type TransactionOutcome =
  | { readonly done: true; readonly revision: string }
  | { readonly done: false; readonly found: ReadonlyMap<string, StoredKey> };

export type KeyEvent =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | {
      readonly type: 'delete';
      readonly key: string;
      /** What it was, where the server still knows. */
      readonly previous?: string;
    };
