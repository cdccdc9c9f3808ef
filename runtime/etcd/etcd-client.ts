/**
 * The client of etcd, with a deadline for every call and with failover. A failed read is tried at
 * the next endpoint; a failed write is not, because it may have happened.
 */
import type { EtcdConnection } from './connection.ts';
import type { EndpointStatus, KeepOfRange, ReadOptions } from './endpoint.ts';
import { createEndpoints } from './endpoints.ts';
import {
  wholeKey,
  type KeyPage,
  type KeyRange,
  type PageQuery,
  type Snapshot,
  type Transaction,
  type TransactionOutcome,
} from './keys.ts';
import { watchKeys, type KeyWatch, type KeyWatchListener } from './watch-keys.ts';

export interface EtcdClient {
  /**
   * Reads all of these ranges at one revision.
   * @throws AppError datastore-failed
   */
  read(ranges: readonly KeyRange[], options?: ReadOptions): Promise<Snapshot>;
  /**
   * As `read`, but holds of each key only the part that `keep` gives, and never more than one page of
   * the values.
   */
  readParts<T>(
    ranges: readonly KeyRange[],
    keep: KeepOfRange<T>,
    options?: ReadOptions,
  ): Promise<Snapshot<T>>;
  /** Reads one page of a range, as it is now. @throws AppError datastore-failed */
  readPage(range: KeyRange, page: PageQuery): Promise<KeyPage>;
  /** Commits a transaction. @throws AppError datastore-failed; it may then have happened, or not */
  commit(transaction: Transaction): Promise<TransactionOutcome>;
  /** Grants a lease, and returns its ID. */
  grantLease(ttlSeconds: number): Promise<string>;
  /** Renews a lease; false: it does not exist any more. */
  keepLease(id: string): Promise<boolean>;
  revokeLease(id: string): Promise<void>;
  watch(ranges: readonly KeyRange[], listener: KeyWatchListener): KeyWatch;
  /** The status of each endpoint; does not fail for one that does not answer. */
  statuses(): Promise<readonly EndpointStatus[]>;
  close(): void;
}

/**
 * @param load called when the first call is made, and again once no endpoint has answered: settings
 *   and certificates may have changed
 */
export function createEtcdClient(load: () => Promise<EtcdConnection>): EtcdClient {
  const endpoints = createEndpoints(load);
  return {
    read: (ranges, options) =>
      endpoints.ask((endpoint, ends) => endpoint.read(ranges, ends, () => wholeKey, options)),
    readParts: (ranges, keep, options) =>
      endpoints.ask((endpoint, ends) => endpoint.read(ranges, ends, keep, options)),
    readPage: (range, page) =>
      endpoints.ask((endpoint, ends) => endpoint.readPage(range, page, ends)),
    commit: (transaction) => endpoints.tell((endpoint, ends) => endpoint.commit(transaction, ends)),
    grantLease: (ttlSeconds) =>
      endpoints.tell((endpoint, ends) => endpoint.grantLease(ttlSeconds, ends)),
    keepLease: (id) => endpoints.ask((endpoint, ends) => endpoint.keepLease(id, ends)),
    revokeLease: (id) => endpoints.tell((endpoint, ends) => endpoint.revokeLease(id, ends)),
    watch: (ranges, listener) =>
      watchKeys(
        (first, seen) => endpoints.ask((endpoint, ends) => endpoint.open(first, seen, ends)),
        ranges,
        listener,
      ),
    statuses: async () => {
      const all = await endpoints.all();
      return Promise.all(all.map((endpoint) => endpoint.status()));
    },
    close: () => endpoints.close(),
  };
}
