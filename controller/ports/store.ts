/**
 * The records that a controller keeps over a restart. An engine is one process's file or an etcd
 * that several controllers share; test/controller/ports/store.contract.ts says what both do.
 */

export interface RecordName {
  /** Lower-case letters and dashes, such as `revision`. */
  readonly kind: string;
  /** Visible ASCII characters, at most 600. */
  readonly key: string;
}

export interface StoredRecord extends RecordName {
  /** JSON. */
  readonly text: string;
  /** Greater than the version of every earlier change in the store, also of removed records. */
  readonly version: number;
}

/** Holds if the record has this version; version 0: there is no such record. */
export interface Comparison extends RecordName {
  readonly version: number;
}

export interface RecordChange extends RecordName {
  /** The new JSON text; absent: the record is removed, if there is one. */
  readonly text?: string;
}

/** All of the changes, or none of them. Each record is changed at most once. */
export interface Transaction {
  readonly compare?: readonly Comparison[];
  readonly changes: readonly RecordChange[];
}

export type Committed =
  /** The changes are on disk, and have this version. */
  | { readonly ok: true; readonly version: number }
  /** A comparison does not hold; nothing has changed. */
  | { readonly ok: false };

export interface ListQuery {
  readonly kind: string;
  /** How the keys begin. Default: all keys. */
  readonly prefix?: string;
  /** Lists the keys behind this one. */
  readonly after?: string;
  readonly limit: number;
}

export interface RecordPage {
  /** By key. */
  readonly records: readonly StoredRecord[];
  /** The key after which the next page begins; absent: this is the last one. */
  readonly next?: string;
}

/** A record that was changed, or, without a text, removed. */
export interface ChangedRecord extends RecordChange {
  readonly version: number;
}

export interface StoreWatcher {
  /**
   * Called after each transaction with its changes of the watched kind, in the order of the
   * versions.
   */
  readonly changed: (changes: readonly ChangedRecord[]) => void;
  /** Changes may have been missed: list the records again. The watch goes on. */
  readonly missed: () => void;
}

/** This process leads, as the only one of the store's controllers. */
export interface Leadership {
  /**
   * Fences writes: a transaction that compares the record of kind `leader` with this version fails
   * once another process leads. Each leader has a greater one than all before it.
   */
  readonly token: number;
  /** Aborted when this process may not lead any more. */
  readonly lost: AbortSignal;
  /**
   * Whether this process may lead by the clock. After a pause of the process it is right at once,
   * while `lost` is aborted only when the timers run.
   */
  stands(): boolean;
  release(): Promise<void>;
}

/** What a leader tells the other controllers. */
export interface LeaderNotice {
  /** The process, for people. */
  readonly holder: string;
  /** Where the others reach the endpoint of its agents, `host:port`. Absent: nowhere. */
  readonly agents?: string;
  /** The key of the headers of connections that the others pass on to it; base64. */
  readonly relayKey?: string;
  /** Where people reach its API over HTTPS, `host:port`. Absent: nowhere that it knows. */
  readonly people?: string;
}

/** The kind of the records of leaders; their key is the name that `lead` gets. */
export const leaderKind = 'leader';

/** All records as they were at one moment, whatever changes meanwhile. */
export interface StoreSnapshot {
  /** @param after the last record of the page before @returns no records: that was the last page */
  page(after: RecordName | undefined): Promise<readonly StoredRecord[]>;
  close(): Promise<void>;
}

export interface StoreBounds {
  /** The most changes and comparisons in one transaction. */
  readonly changes: number;
  /** The most bytes of one transaction's texts, together. */
  readonly bytes: number;
}

/**
 * Opens with the first call, and again after a failure. Every call throws an AppError, of which the
 * texts say what to do: corrupt-file, newer-format, disk-full, io-failed, access-denied, and
 * datastore-failed where it is another program.
 */
export interface Store {
  /** For people, such as `the state directory "/var/lib/calico-controller"`. */
  readonly place: string;
  readonly bounds: StoreBounds;
  get(name: RecordName): Promise<StoredRecord | undefined>;
  list(query: ListQuery): Promise<RecordPage>;
  /** After an error it is not known whether the changes are in the store. */
  commit(transaction: Transaction): Promise<Committed>;
  /**
   * Watches the records of a kind, beginning before this resolves: watch first, then list. A change
   * may be seen twice; its version tells.
   * @returns a function that ends it
   */
  watch(kind: string, watcher: StoreWatcher): Promise<() => void>;
  /** For a copy of all records. */
  snapshot(): Promise<StoreSnapshot>;
  /** @param own what the others get to know of this process @returns the leader's if another leads */
  lead(name: string, own: LeaderNotice): Promise<Leadership | LeaderNotice>;
  close(): Promise<void>;
}
