/**
 * A simulated etcd: transactions, leases, reads at a revision and watches as the real one has them.
 * Answers take time, get lost, and are lost with what they would have told.
 */
import { AppError } from '../../../runtime/errors.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import type {
  KeyEvent,
  KeyRange,
  Transaction,
  TransactionOutcome,
} from '../../../runtime/etcd/keys.ts';
import type { SimProcess } from '../world/sim-process.ts';
import type { World } from '../world/world.ts';
import { SimKeys } from './sim-keys.ts';

export interface SimEtcdDeps {
  readonly world: World;
  /** Whether anything gets from one host to the other. */
  readonly reaches: (from: string, to: string) => boolean;
  /** Called before the writes of a transaction count. */
  /** Called when the process has got the answer to a transaction that counts. */
  readonly answered?: (transaction: Transaction) => void;
  readonly committing?: (process: SimProcess, transaction: Transaction) => void;
}

export const etcdHost = 'etcd';

/** As the settings have it by default. */
const timeoutMs = 5000;

export class SimEtcd {
  keys = new SimKeys();
  /** The probability that a call is lost on its way, or its answer on the way back. */
  lossy = 0;
  /** The longest way of a call, and of its answer, in ms. */
  slowMs = 10;
  /** Every call fails with this. */
  failure: AppError | undefined;
  readonly #deps: SimEtcdDeps;
  readonly #leases = new Map<string, { readonly ttlMs: number; until: number }>();
  readonly #watches = new Set<Watch>();
  #lastLease = 0;

  constructor(deps: SimEtcdDeps) {
    this.#deps = deps;
  }

  client(process: SimProcess): EtcdClient {
    const call = <T>(work: () => T): Promise<T> => this.#call(process, work);
    return {
      read: (ranges) =>
        call(() => ({
          revision: this.keys.revisionText,
          clusterId: '1',
          ranges: ranges.map((range) => this.keys.find(range)),
        })),
      readParts: () => Promise.reject(new Error('the controller does not read parts')),
      readPage: (range, page) => call(() => this.keys.page(range, page)),
      commit: (transaction) =>
        this.#call(
          process,
          () => this.#commit(process, transaction),
          ({ done }) => {
            if (done) this.#deps.answered?.(transaction);
          },
        ),
      grantLease: (ttlSeconds) => call(() => this.#grant(ttlSeconds * 1000)),
      keepLease: (id) => call(() => this.#keep(id)),
      revokeLease: (id) => call(() => this.#end(id)),
      watch: (ranges, listener) => {
        const watch = { process, ranges, listener, isStopped: false };
        this.#watches.add(watch);
        this.#begin(watch);
        return {
          stop: () => {
            watch.isStopped = true;
            this.#watches.delete(watch);
          },
        };
      },
      statuses: () => Promise.resolve([]),
      close: () => undefined,
    };
  }

  /** Its disk is replaced: it has what it had at an earlier revision, or nothing. */
  loseData(kept: 'nothing' | 'backup'): void {
    const revision = this.keys.someRevision(this.#deps.world.random());
    const backup = kept === 'backup' ? this.keys.find({ prefix: '' }, revision) : [];
    this.keys = new SimKeys();
    this.#leases.clear();
    const unbound = backup.filter(({ lease }) => lease === '0');
    this.keys.write(unbound.map(({ key, value }) => ({ put: key, value })));
  }

  /** A call as the client makes it: it may fail, and have happened nevertheless. */
  #call<T>(
    process: SimProcess,
    work: () => T,
    answered: (result: T) => void = () => undefined,
  ): Promise<T> {
    const { world, reaches } = this.#deps;
    return new Promise((resolve, reject) => {
      let isLate = false;
      const late = process.after(timeoutMs, () => {
        isLate = true;
        reject(noAnswer());
      });
      world.after(this.#wayMs(), () => {
        // What a process sent just before its end may have been on the way.
        if (process.isDead && world.chance(0.5)) return;
        if (!reaches(process.host, etcdHost) || world.chance(this.lossy)) return;
        if (this.failure !== undefined) {
          const { failure } = this;
          return void world.after(this.#wayMs(), () => (late(), reject(failure)), process);
        }
        const result = attempt(work);
        if (result instanceof AppError) {
          return void world.after(this.#wayMs(), () => (late(), reject(result)), process);
        }
        if (!reaches(etcdHost, process.host) || world.chance(this.lossy)) return;
        world.after(
          this.#wayMs(),
          () => {
            late();
            if (!isLate) answered(result);
            resolve(result);
          },
          process,
        );
      });
    });
  }

  #wayMs(): number {
    const { world } = this.#deps;
    return world.chance(0.01) ? world.between(1, 6000) : world.between(1, this.slowMs);
  }

  #commit(process: SimProcess, transaction: Transaction): TransactionOutcome {
    const { compares, writes, otherwise } = transaction;
    const isSo = compares.every((compare) => {
      const found = this.keys.get(compare.key);
      return 'modified' in compare
        ? (found?.modified ?? '0') === compare.modified
        : (found?.created ?? '0') === compare.created;
    });
    if (!isSo) {
      const found = otherwise.flatMap((key) => this.keys.get(key) ?? []);
      return {
        done: false,
        found: new Map(found.map((one) => [one.key, one])),
      };
    }
    if (writes.some((one) => 'put' in one && one.lease && !this.#leases.has(one.lease))) {
      throw new AppError('datastore-failed', 'cannot use etcd: the lease does not exist', {
        retryable: true,
      });
    }
    this.#deps.committing?.(process, transaction);
    const events = this.keys.write(writes);
    this.#tell(events);
    return { done: true, revision: this.keys.revisionText };
  }

  #grant(ttlMs: number): string {
    const id = String((this.#lastLease += 1));
    this.#leases.set(id, { ttlMs, until: this.#deps.world.now + ttlMs });
    this.#watchLease(id);
    return id;
  }

  #keep(id: string): boolean {
    const lease = this.#leases.get(id);
    if (lease === undefined) return false;
    lease.until = this.#deps.world.now + lease.ttlMs;
    return true;
  }

  #watchLease(id: string): void {
    const { world } = this.#deps;
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    const leftMs = lease.until - world.now;
    if (leftMs <= 0) return this.#end(id);
    world.after(leftMs, () => this.#watchLease(id));
  }

  #end(id: string): void {
    if (!this.#leases.delete(id)) return;
    const bound = this.keys.find({ prefix: '' }).filter(({ lease }) => lease === id);
    if (bound.length > 0) this.#tell(this.keys.write(bound.map(({ key }) => ({ remove: key }))));
  }

  #begin(watch: Watch): void {
    const { world, reaches } = this.#deps;
    world.after(
      this.#wayMs(),
      () => {
        if (watch.isStopped) return;
        if (!reaches(etcdHost, watch.process.host)) return this.#begin(watch);
        watch.listener.began();
      },
      watch.process,
    );
  }

  #tell(events: readonly KeyEvent[]): void {
    const { world, reaches } = this.#deps;
    for (const watch of this.#watches) {
      const some = events.filter(({ key }) => watch.ranges.some((range) => isIn(key, range)));
      if (some.length === 0) continue;
      // As the client does after a stream that broke: it begins anew, and tells that.
      if (!reaches(etcdHost, watch.process.host)) this.#begin(watch);
      else world.after(this.slowMs, () => this.#deliver(watch, some), watch.process);
    }
  }

  #deliver({ isStopped, listener }: Watch, events: readonly KeyEvent[]): void {
    if (!isStopped) listener.changed(events);
  }
}

/** @returns the error that the server answers with */
function attempt<T>(work: () => T): T | AppError {
  try {
    return work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

interface Watch {
  readonly process: SimProcess;
  readonly ranges: readonly KeyRange[];
  readonly listener: Parameters<EtcdClient['watch']>[1];
  isStopped: boolean;
}

function isIn(key: string, range: KeyRange): boolean {
  return 'key' in range ? key === range.key : key.startsWith(range.prefix);
}

function noAnswer(): AppError {
  return new AppError('datastore-failed', 'cannot use etcd: no answer in time', {
    retryable: true,
  });
}
