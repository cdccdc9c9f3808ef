/**
 * What a program needs of etcd, with a deadline on every call and with failover. A read that fails
 * is asked again at the next endpoint; a write is not, because nobody knows whether it happened.
 */
import type { EtcdConnection } from './connection.ts';
import type { Endpoint, EndpointStatus } from './endpoint.ts';
import type * as failures from './failures.ts';
import type { KeyRange, Snapshot, Transaction, TransactionOutcome } from './keys.ts';
import { watchKeys, type KeyWatch, type KeyWatchListener } from './watch-keys.ts';

export interface EtcdClient {
  /** All of these, as they were at one revision. @throws AppError datastore-failed */
  read(ranges: readonly KeyRange[]): Promise<Snapshot>;
  /** @throws AppError datastore-failed; then it may have happened, or not */
  commit(transaction: Transaction): Promise<TransactionOutcome>;
  /** The lease's ID. */
  grantLease(ttlSeconds: number): Promise<string>;
  /** False: there is no such lease any more. */
  keepLease(id: string): Promise<boolean>;
  revokeLease(id: string): Promise<void>;
  watch(ranges: readonly KeyRange[], listener: KeyWatchListener): KeyWatch;
  /** Each endpoint by itself; never fails for one that does not answer. */
  statuses(): Promise<readonly EndpointStatus[]>;
  close(): void;
}

/**
 * @param load called when the first call is made, and again once no endpoint has answered: settings
 *   and certificates may have changed
 */
export function createEtcdClient(load: () => Promise<EtcdConnection>): EtcdClient {
  const endpoints = new Endpoints(load);
  return {
    read: (ranges) => endpoints.ask((endpoint, ends) => endpoint.read(ranges, ends)),
    commit: (transaction) => endpoints.tell((endpoint, ends) => endpoint.commit(transaction, ends)),
    grantLease: (ttlSeconds) =>
      endpoints.tell((endpoint, ends) => endpoint.grantLease(ttlSeconds, ends)),
    keepLease: (id) => endpoints.ask((endpoint, ends) => endpoint.keepLease(id, ends)),
    revokeLease: (id) => endpoints.tell((endpoint, ends) => endpoint.revokeLease(id, ends)),
    watch: (ranges, listener) =>
      watchKeys(
        (first) => endpoints.ask((endpoint, ends) => endpoint.open(first, ends)),
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

type Use<T> = (endpoint: Endpoint, ends: number) => Promise<T>;

interface Opened {
  readonly endpoints: readonly Endpoint[];
  readonly timeoutMs: number;
  readonly failures: typeof failures;
}

class Endpoints {
  readonly #load: () => Promise<EtcdConnection>;
  #opened: Promise<Opened> | undefined;
  /** Which endpoint is asked first. */
  #current = 0;

  constructor(load: () => Promise<EtcdConnection>) {
    this.#load = load;
  }

  async all(): Promise<readonly Endpoint[]> {
    return (await this.#open()).endpoints;
  }

  /** At one endpoint after the other, until one answers. */
  ask<T>(use: Use<T>): Promise<T> {
    return this.#call(use, Infinity);
  }

  /** At one endpoint. */
  tell<T>(use: Use<T>): Promise<T> {
    return this.#call(use, 1);
  }

  close(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    void opened?.then(closeAll, () => undefined);
  }

  async #call<T>(use: Use<T>, most: number): Promise<T> {
    const opened = this.#open();
    const {
      endpoints,
      timeoutMs,
      failures: { failureOf, isAway },
    } = await opened;
    const ends = Date.now() + timeoutMs;
    const attempts = Math.min(most, endpoints.length);
    for (let attempt = 1; ; attempt += 1) {
      const endpoint = endpoints[this.#current % endpoints.length];
      if (endpoint === undefined) throw new RangeError('an etcd connection without endpoints');
      const left = (ends - Date.now()) / (attempts - attempt + 1);
      try {
        return await use(endpoint, Date.now() + Math.max(left, 1));
      } catch (error) {
        if (!isAway(error)) throw failureOf(error, endpoint.url);
        this.#current = (this.#current + 1) % endpoints.length;
        if (attempt < attempts) continue;
        if (this.#opened === opened) this.close();
        throw failureOf(error, endpoints.map(({ url }) => url).join(', '));
      }
    }
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#connect().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #connect(): Promise<Opened> {
    // gRPC and etcd's descriptions are large: they are loaded when etcd is first used.
    const [connection, { openEndpoint }, failuresModule] = await Promise.all([
      this.#load(),
      import('./endpoint.ts'),
      import('./failures.ts'),
    ]);
    const endpoints = connection.endpoints.map((url) => openEndpoint(url, connection));
    return { endpoints, timeoutMs: connection.timeoutMs, failures: failuresModule };
  }
}

function closeAll({ endpoints }: Opened): void {
  for (const endpoint of endpoints) endpoint.close();
}
