/** One etcd server, over gRPC. With server.ts, messages.ts and failures.ts all that knows the client library. */
import {
  EtcdLeaseInvalidError,
  GRPCInvalidArgumentError,
  GRPCResourceExhastedError,
  type IDuplexStream,
  type IRangeResponse,
  type ITxnResponse,
  type IWatchRequest,
  type IWatchResponse,
} from 'etcd3';
import type { EtcdConnection } from './connection.ts';
import { failureOf, refusedTransaction } from './failures.ts';
import { continuesHistory, isEarlier, type SeenHistory, type SeenWrite } from './history.ts';
import type { KeyRange, Snapshot, StoredKey, Transaction, TransactionOutcome } from './keys.ts';
import { compareOf, rangeOf, storedKey, writeOf } from './messages.ts';
import { Server } from './server.ts';
import { probeServer, type ProbedServer } from '../tls/probe.ts';

const pageSize = 500;
const maxKeys = 500_000;
const statusTimeoutMs = 3000;

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

export interface OpenedWatch {
  readonly stream: WatchStream;
  /** The server's history contains what was seen; where nothing was seen, true as well. */
  readonly continues: boolean;
  /** The newest write of the range that was read. */
  readonly write?: SeenWrite;
}

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
  open(range: KeyRange, seen: SeenHistory | undefined, ends: number): Promise<OpenedWatch>;
  status(): Promise<EndpointStatus>;
  /** Why nothing can be called there; undefined: a connection can be made. */
  explain(): Promise<string | undefined>;
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
        await server.look(one, ends);
        const reading = { compares: [], writes: [], otherwise: ranges.map(() => '') };
        throw refusedTransaction(error, reading, url, []);
      });
    const { revision, cluster_id: clusterId } = first.header;
    const pages = rangesOf(first);
    const lists: (readonly StoredKey[])[] = [];
    for (const [index, range] of ranges.entries()) {
      const page = pages[index];
      lists.push(page === undefined ? [] : await restOf(server, range, page, revision, ends));
    }
    return { revision, clusterId, ranges: lists };
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
        const [written] = writes;
        if (error instanceof GRPCInvalidArgumentError && written !== undefined) {
          await server.look({ key: 'put' in written ? written.put : written.remove }, ends);
        } else if (!(error instanceof GRPCResourceExhastedError)) throw error;
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
    open: async (range, seen, ends) => {
      // A stream would not tell that the server has forgotten our token: a call renews it.
      const now = await read([range], ends);
      const continues = seen === undefined || (await continuesHistory(server, now, seen, ends));
      const stream = await server.use(({ watchClient }) => watchClient.watch());
      const write = newestOf(now.ranges.flat());
      return { stream, continues, ...(write !== undefined && { write }) };
    },
    explain: () => probeServer(probed(url, connection)),
    status: async () => {
      const options = { deadline: Date.now() + Math.min(statusTimeoutMs, connection.timeoutMs) };
      try {
        const answer = await server.use(({ maintenance }) => maintenance.status(options));
        const { version, leader, dbSize, errors } = answer;
        const hasLeader = leader !== '0';
        return { url, answer: { version, hasLeader, databaseBytes: Number(dbSize), errors } };
      } catch (error) {
        const reason = await probeServer(probed(url, connection));
        return { url, reason: reason ?? failureOf(error, url).message };
      }
    },
    close: () => server.close(),
  };
}

const probeMs = 1000;

function probed(url: string, { tls = {} }: EtcdConnection): ProbedServer {
  const { places, ...pem } = tls;
  return {
    url,
    ...pem,
    places: {
      ca: places?.ca ?? 'caFile, or ETCD_CA_CERT_FILE',
      certificate: places?.cert ?? 'certFile and keyFile, or ETCD_CERT_FILE and ETCD_KEY_FILE',
    },
    timeoutMs: probeMs,
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

function newestOf(keys: readonly StoredKey[]): SeenWrite | undefined {
  const [first, ...others] = keys;
  if (first === undefined) return undefined;
  const newest = others.reduce(
    (one, other) => (isEarlier(one.modified, other.modified) ? other : one),
    first,
  );
  return { key: newest.key, revision: newest.modified };
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
