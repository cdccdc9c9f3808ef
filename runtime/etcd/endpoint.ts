/** One etcd server, with the calls that the client needs, as plain data. */
import { status, type ClientDuplexStream } from '@grpc/grpc-js';
import { ReadingBudget } from '../pacing/reading-budget.ts';
import { probeServer, type ProbedServer } from '../tls/probe.ts';
import { allPages, createReadingDeadline, PageSize } from './all-pages.ts';
import type { EtcdConnection } from './connection.ts';
import { failureOf, refusedTransaction } from './failures.ts';
import { continuesHistory, type SeenHistory, type SeenWrite } from './history.ts';
import {
  isEarlier,
  wholeKey,
  type KeepPart,
  type KeyPage,
  type KeyRange,
  type PageQuery,
  type Snapshot,
  type StoredKey,
  type Transaction,
  type TransactionOutcome,
} from './keys.ts';
import {
  alarmMethod,
  leaseGrantMethod,
  leaseKeepAliveMethod,
  leaseRevokeMethod,
  rangeMethod,
  readMethod,
  statusMethod,
  transactionMethod,
  watchMethod,
  type Header,
  type RangeAnswer,
  type WatchAnswer,
  type WatchRequest,
} from './protocol.ts';
import { hasCode, rpcError } from './rpc-error.ts';
import { Server } from './server.ts';

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

export type WatchStream = ClientDuplexStream<WatchRequest, WatchAnswer>;

export interface OpenedWatch {
  readonly stream: WatchStream;
  /** The server's history contains the known writes; true also if none are known. */
  readonly continues: boolean;
  /** The newest write of the range that was read. */
  readonly write?: SeenWrite;
}

export interface ReadOptions {
  /** For this and others that are read with it; absent: the usual one, for this one alone. */
  readonly budget?: ReadingBudget;
}

/** @param range the place of the range in those that are read */
export type KeepOfRange<T> = (range: number) => KeepPart<T>;

/** All methods: @param ends the deadline, in ms since 1970, as gRPC wants it */
export interface Endpoint {
  readonly url: string;
  read<T>(
    ranges: readonly KeyRange[],
    ends: number,
    keep: KeepOfRange<T>,
    options?: ReadOptions,
  ): Promise<Snapshot<T>>;
  readPage(range: KeyRange, page: PageQuery, ends: number): Promise<KeyPage>;
  commit(transaction: Transaction, ends: number): Promise<TransactionOutcome>;
  grantLease(ttlSeconds: number, ends: number): Promise<string>;
  keepLease(id: string, ends: number): Promise<boolean>;
  /** Revokes a lease; succeeds also for one that does not exist any more. */
  revokeLease(id: string, ends: number): Promise<void>;
  /** A stream for watches, at a server that can read this key now. */
  open(range: KeyRange, seen: SeenHistory | undefined, ends: number): Promise<OpenedWatch>;
  status(): Promise<EndpointStatus>;
  /** Why the server cannot be called; undefined: a connection can be made. */
  explain(): Promise<string | undefined>;
  close(): void;
}

export function openEndpoint(url: string, connection: EtcdConnection): Endpoint {
  const server = new Server(url, connection);
  return {
    url,
    read: (ranges, ends, keep, options) => read(server, url, { ranges, keep, ...options }, ends),
    readPage: async (range, { limit, ...where }, ends) => {
      const { header, ...page } = await new PageSize().ask((size) => {
        const request = { range, ...where, limit: Math.min(size, limit) };
        return server.call(rangeMethod, request, ends);
      });
      return { ...page, revision: header.revision };
    },
    commit: (transaction, ends) => commit(server, url, transaction, ends),
    grantLease: (ttlSeconds, ends) => server.call(leaseGrantMethod, ttlSeconds, ends),
    keepLease: async (id, ends) => {
      const stream = await server.stream(leaseKeepAliveMethod, ends);
      return (await firstOf(stream, () => stream.write(id))) > 0;
    },
    revokeLease: async (id, ends) => {
      try {
        await server.call(leaseRevokeMethod, id, ends);
      } catch (error) {
        if (!hasCode(error, status.NOT_FOUND)) throw error;
      }
    },
    open: async (range, seen, ends) => {
      // A call renews the token, because a stream would not report that the server has forgotten
      // it.
      const now = await read(server, url, { ranges: [range], keep: () => wholeKey }, ends);
      const continues = seen === undefined || (await continuesHistory(server, now, seen, ends));
      const stream = await server.stream(watchMethod);
      const write = newestOf(now.ranges.flat());
      return { stream, continues, ...(write !== undefined && { write }) };
    },
    explain: () => probeServer(probed(url, connection)),
    status: () => statusOf(server, url, connection),
    close: () => server.close(),
  };
}

interface Reading<T> extends ReadOptions {
  readonly ranges: readonly KeyRange[];
  readonly keep: KeepOfRange<T>;
}

async function read<T>(
  server: Server,
  url: string,
  { ranges, keep, budget = new ReadingBudget() }: Reading<T>,
  ends: number,
): Promise<Snapshot<T>> {
  const size = new PageSize();
  // From before the first pages, so that the others have as much time as they.
  const deadline = createReadingDeadline(ends);
  const { header, pages } = await firstPages(server, url, ranges, ends, size);
  deadline.gotPage();
  const { revision, clusterId } = header;
  const own = budget.part();
  const lists: (readonly T[])[] = [];
  try {
    for (const [index, range] of ranges.entries()) {
      // Taken out, so that nothing holds a page once its keys are read.
      let first = pages.shift();
      const next = async (after: string | undefined): Promise<RangeAnswer> => {
        const pageEnds = deadline.ofNextPage();
        const page =
          first ??
          (await size.ask((limit) => {
            const request = { range, after, limit, revision };
            return server.call(rangeMethod, request, pageEnds);
          }));
        first = undefined;
        size.took(page.keys);
        deadline.gotPage();
        return page;
      };
      lists.push(first === undefined ? [] : await allPages(next, keep(index), own));
    }
  } catch (error) {
    // Another endpoint may be asked for all of it.
    own.giveBack();
    throw error;
  }
  return { revision, clusterId, ranges: lists };
}

/** The first pages of all ranges, at one revision. */
async function firstPages(
  server: Server,
  url: string,
  ranges: readonly KeyRange[],
  ends: number,
  size: PageSize,
): Promise<{ readonly header: Header; readonly pages: RangeAnswer[] }> {
  try {
    const answer = await size.ask((limit) => {
      const requests = ranges.map((range) => ({ range, limit }));
      return server.call(readMethod, requests, ends);
    });
    return { header: answer.header, pages: [...answer.ranges] };
  } catch (error) {
    const [one] = ranges;
    if (!hasCode(error, status.INVALID_ARGUMENT) || one === undefined) throw error;
    await tryReading(server, one, ends);
    const reading = { compares: [], writes: [], otherwise: ranges.map(() => '') };
    throw refusedTransaction(error, reading, url, []);
  }
}

async function commit(
  server: Server,
  url: string,
  transaction: Transaction,
  ends: number,
): Promise<TransactionOutcome> {
  try {
    const answer = await server.call(transactionMethod, transaction, ends);
    if (answer.succeeded) return { done: true, revision: answer.header.revision };
    const found = answer.ranges.flatMap(({ keys }) => keys);
    return { done: false, found: new Map(found.map((one) => [one.key, one])) };
  } catch (error) {
    const [written] = transaction.writes;
    if (hasCode(error, status.INVALID_ARGUMENT) && written !== undefined) {
      await tryReading(server, { key: 'put' in written ? written.put : written.remove }, ends);
    } else if (!hasCode(error, status.RESOURCE_EXHAUSTED)) throw error;
    throw refusedTransaction(error, transaction, url, await alarmsOf(server, ends));
  }
}

/** Tries a read. @throws the fault of the user, for which etcd uses the same code as for others */
async function tryReading(server: Server, range: KeyRange, ends: number): Promise<void> {
  await server.call(rangeMethod, { range, limit: 1 }, ends);
}

async function alarmsOf(server: Server, ends: number): Promise<readonly string[]> {
  return server.call(alarmMethod, undefined, ends).catch(() => []);
}

async function statusOf(
  server: Server,
  url: string,
  connection: EtcdConnection,
): Promise<EndpointStatus> {
  try {
    const ends = Date.now() + Math.min(statusTimeoutMs, connection.timeoutMs);
    const { leader, ...answer } = await server.call(statusMethod, undefined, ends);
    return { url, answer: { ...answer, hasLeader: leader !== '0' } };
  } catch (error) {
    const reason = await probeServer(probed(url, connection));
    return { url, reason: reason ?? failureOf(error, url).message };
  }
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

function newestOf(keys: readonly StoredKey[]): SeenWrite | undefined {
  const [first, ...others] = keys;
  if (first === undefined) return undefined;
  const newest = others.reduce(
    (one, other) => (isEarlier(one.modified, other.modified) ? other : one),
    first,
  );
  return { key: newest.key, revision: newest.modified };
}

function firstOf<T>(stream: ClientDuplexStream<string, T>, ask: () => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    stream.on('error', (error: unknown) => reject(rpcError(error)));
    stream.on('end', () => reject(new Error('the server has ended the stream')));
    stream.on('data', (answer: T) => {
      resolve(answer);
      stream.end();
    });
    ask();
  });
}
