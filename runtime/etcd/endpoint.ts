/** One etcd server, over gRPC. With failures.ts the only module that knows the client library. */
import { rootCertificates } from 'node:tls';
import {
  Etcd3,
  EtcdLeaseInvalidError,
  GRPCFailedPreconditionError,
  GRPCInvalidArgumentError,
  GRPCResourceExhastedError,
  type CallOptionsFactory,
  type IDuplexStream,
  type IOptions,
  type IRangeResponse,
  type ITxnResponse,
  type IWatchRequest,
  type IWatchResponse,
} from 'etcd3';
import type { EtcdConnection } from './connection.ts';
import { failureOf, refusedTransaction } from './failures.ts';
import type { KeyRange, Snapshot, StoredKey, Transaction, TransactionOutcome } from './keys.ts';
import { compareOf, rangeOf, storedKey, writeOf } from './messages.ts';

const pageSize = 500;
const maxKeys = 500_000;
const statusTimeoutMs = 5000;
const mib = 2 ** 20;

export interface EndpointStatus {
  readonly url: string;
  /** Absent: it does not answer, and `reason` says why. */
  readonly answer?: {
    readonly version: string;
    readonly hasLeader: boolean;
    readonly databaseBytes: number;
    /** Alarms and other errors, in etcd's words. */
    readonly errors: readonly string[];
  };
  readonly reason?: string;
}

export type WatchStream = IDuplexStream<IWatchRequest, IWatchResponse>;

/** All methods: @param ends the deadline, in ms since 1970, as gRPC wants it */
export interface Endpoint {
  readonly url: string;
  read(ranges: readonly KeyRange[], ends: number): Promise<Snapshot>;
  commit(transaction: Transaction, ends: number): Promise<TransactionOutcome>;
  grantLease(ttlSeconds: number, ends: number): Promise<string>;
  keepLease(id: string, ends: number): Promise<boolean>;
  /** Also one that is not there any more. */
  revokeLease(id: string, ends: number): Promise<void>;
  /** A stream for watches, at a server that can read this key now. */
  open(range: KeyRange, ends: number): Promise<WatchStream>;
  status(): Promise<EndpointStatus>;
  close(): void;
}

export function openEndpoint(url: string, connection: EtcdConnection): Endpoint {
  const server = new Server(url, connection);
  const read = async (ranges: readonly KeyRange[], ends: number): Promise<Snapshot> => {
    const deadline = { deadline: ends };
    const success = ranges.map((range) => ({
      request_range: { ...rangeOf(range), limit: pageSize },
    }));
    const first = await server
      .use(({ kv }) => kv.txn({ success }, deadline))
      .catch(async (error: unknown) => {
        const [one] = ranges;
        if (!(error instanceof GRPCInvalidArgumentError) || one === undefined) throw error;
        // Either it wants to know who we are, and says so again, or these are too many at once.
        await server.use(({ kv }) => kv.range({ ...rangeOf(one), limit: 1 }, deadline));
        const reading = { compares: [], writes: [], otherwise: ranges.map(() => '') };
        throw refusedTransaction(error, reading, url, []);
      });
    const { revision } = first.header;
    const pages = rangesOf(first);
    const lists: (readonly StoredKey[])[] = [];
    for (const [index, range] of ranges.entries()) {
      const page = pages[index];
      lists.push(page === undefined ? [] : await restOf(server, range, page, revision, ends));
    }
    return { revision, ranges: lists };
  };
  return {
    url,
    read,
    commit: async (transaction, ends) => {
      const { compares, writes, otherwise } = transaction;
      const request = {
        compare: compares.map(compareOf),
        success: writes.map(writeOf),
        failure: otherwise.map((key) => ({ request_range: rangeOf({ key }) })),
      };
      try {
        const answer = await server.use(({ kv }) => kv.txn(request, { deadline: ends }));
        if (answer.succeeded) return { done: true, revision: answer.header.revision };
        const found = rangesOf(answer).flatMap(({ kvs }) => kvs.map(storedKey));
        return { done: false, found: new Map(found.map((one) => [one.key, one])) };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        throw refusedTransaction(error, transaction, url, await server.alarms(ends));
      }
    },
    grantLease: async (ttlSeconds, ends) => {
      const request = { TTL: ttlSeconds };
      const granted = await server.use(({ leaseClient }) =>
        leaseClient.leaseGrant(request, { deadline: ends }),
      );
      return granted.ID;
    },
    keepLease: async (id, ends) => {
      const stream = await server.use(({ leaseClient }) =>
        leaseClient.leaseKeepAlive({ deadline: ends }),
      );
      const answer = await firstOf(stream, () => stream.write({ ID: id }));
      return Number(answer.TTL) > 0;
    },
    revokeLease: async (id, ends) => {
      try {
        await server.use(({ leaseClient }) =>
          leaseClient.leaseRevoke({ ID: id }, { deadline: ends }),
        );
      } catch (error) {
        if (!(error instanceof EtcdLeaseInvalidError)) throw error;
      }
    },
    open: async (range, ends) => {
      // A stream would not tell that the server has forgotten our token: a call renews it.
      await read([range], ends);
      return server.use(({ watchClient }) => watchClient.watch());
    },
    status: async () => {
      const options = { deadline: Date.now() + Math.min(statusTimeoutMs, connection.timeoutMs) };
      try {
        const answer = await server.use(({ maintenance }) => maintenance.status(options));
        const { version, leader, dbSize, errors } = answer;
        const hasLeader = leader !== '0';
        return { url, answer: { version, hasLeader, databaseBytes: Number(dbSize), errors } };
      } catch (error) {
        return { url, reason: failureOf(error, url).message };
      }
    },
    close: () => server.close(),
  };
}

async function restOf(
  server: Server,
  range: KeyRange,
  first: IRangeResponse,
  revision: string,
  ends: number,
): Promise<readonly StoredKey[]> {
  const keys = first.kvs.map(storedKey);
  let { more } = first;
  while (more) {
    if (keys.length > maxKeys) throw new RangeError(`more than ${String(maxKeys)} keys`);
    const request = { ...rangeOf(range, keys.at(-1)?.key), limit: pageSize, revision };
    const page = await server.use(({ kv }) => kv.range(request, { deadline: ends }));
    for (const one of page.kvs) keys.push(storedKey(one));
    ({ more } = page);
  }
  return keys;
}

function rangesOf({ responses }: ITxnResponse): readonly IRangeResponse[] {
  return responses.map(({ response_range: range }) => range);
}

function isRefusal(error: unknown): boolean {
  return error instanceof GRPCInvalidArgumentError || error instanceof GRPCResourceExhastedError;
}

function firstOf<T>(stream: IDuplexStream<unknown, T>, ask: () => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    stream.on('error', reject);
    stream.on('end', () => reject(new Error('the server has ended the stream')));
    stream.on('data', (answer) => {
      resolve(answer);
      stream.end();
    });
    ask();
  });
}

/** The library's client of one server, without what it has of retries and circuit breakers. */
class Server {
  readonly #url: string;
  readonly #connection: EtcdConnection;
  #client: Etcd3;

  constructor(url: string, connection: EtcdConnection) {
    this.#url = url;
    this.#connection = connection;
    this.#client = new Etcd3(optionsOf(url, connection));
  }

  /** As etcd's own clients, it goes on without a password where the server uses none. */
  async use<T>(call: (client: Etcd3) => Promise<T>): Promise<T> {
    const client = this.#client;
    try {
      return await call(client);
    } catch (error) {
      const { auth: _unused, ...open } = this.#connection;
      if (_unused === undefined || !(error instanceof GRPCFailedPreconditionError)) throw error;
      if (client === this.#client) {
        client.close();
        this.#client = new Etcd3(optionsOf(this.#url, open));
      }
      return call(this.#client);
    }
  }

  async alarms(ends: number): Promise<readonly string[]> {
    try {
      const { alarms } = await this.#client.maintenance.alarm({}, { deadline: ends });
      return alarms.map(({ alarm }) => alarm.toUpperCase());
    } catch {
      return [];
    }
  }

  close(): void {
    this.#client.close();
  }
}

function optionsOf(url: string, { tls, auth, timeoutMs }: EtcdConnection): IOptions {
  const callOptions: CallOptionsFactory = () => ({ deadline: Date.now() + timeoutMs });
  const ca = tls?.ca ?? Buffer.from(rootCertificates.join('\n'));
  const credentials = {
    rootCertificate: ca,
    ...(tls?.key !== undefined && { privateKey: tls.key }),
    ...(tls?.cert !== undefined && { certChain: tls.cert }),
  };
  return {
    hosts: url.replace(/\/$/, ''),
    ...(url.startsWith('https:') && { credentials }),
    ...(auth !== undefined && { auth: { ...auth, callOptions } }),
    faultHandling: { host: () => asItIs, global: asItIs },
    grpcOptions: {
      // As etcd's own clients: no proxy, and a dead connection is found out.
      'grpc.enable_http_proxy': 0,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 5000,
      'grpc.service_config_disable_resolution': 1,
      'grpc.max_receive_message_length': 64 * mib,
    },
  };
}

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

const unheard = (): { dispose(): void } => ({ dispose: () => undefined });

/** Calls once: a write that is repeated behind our back would be refused by its own compares. */
const asItIs: Policy = {
  execute: async (call, signal = new AbortController().signal) => call({ signal }),
  onSuccess: unheard,
  onFailure: unheard,
  get _altReturn(): never {
    throw new TypeError('it is there for the types alone');
  },
};
