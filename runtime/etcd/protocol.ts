/**
 * The calls and messages of etcd that this program uses, with the numbers of their fields.
 * Sources: etcd's api/etcdserverpb/rpc.proto and api/mvccpb/kv.proto, release 3.4 to 3.6.
 */
import type { Compare, KeyRange, StoredKey, Transaction, Write } from './keys.ts';
import { Fields, Writer } from './wire.ts';

/** One call: its path in gRPC, and the functions that write and read its messages. */
export interface Method<Request, Answer> {
  readonly path: string;
  readonly encode: (request: Request) => Buffer;
  /** @throws RangeError where the bytes are no such message */
  readonly decode: (message: Buffer) => Answer;
}

export interface Header {
  readonly clusterId: string;
  readonly revision: string;
}

export interface RangeRequest {
  readonly range: KeyRange;
  /** The last key of the page before. */
  readonly after?: string | Uint8Array | undefined;
  readonly limit?: number;
  /** The revision at which to read; absent: the current one. */
  readonly revision?: string | undefined;
  readonly keysOnly?: boolean;
}

export interface RangeAnswer {
  readonly header: Header;
  readonly keys: readonly StoredKey[];
  /** The bytes of the last key, which need not be UTF-8; absent: there are no keys. */
  readonly last?: Uint8Array;
  /** There are more keys than the limit. */
  readonly more: boolean;
}

export interface TransactionAnswer {
  readonly header: Header;
  readonly succeeded: boolean;
  /** The answers of the read operations. */
  readonly ranges: readonly RangeAnswer[];
}

export interface WatchRequest {
  readonly range: KeyRange;
  readonly fromRevision?: string;
}

export interface WatchAnswer {
  readonly header: Header;
  readonly watchId: string;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly cancelReason: string;
  /** The oldest revision that can be watched, where the wanted one is compacted; else `0`. */
  readonly compactRevision: string;
  readonly events: readonly WatchEvent[];
}

export interface WatchEvent {
  readonly isPut: boolean;
  readonly key: StoredKey;
  /** The previous state, if the server still has it. */
  readonly previous: StoredKey | undefined;
}

export interface StatusAnswer {
  readonly version: string;
  readonly databaseBytes: number;
  /** `0`: the server knows none. */
  readonly leader: string;
  readonly errors: readonly string[];
}

export const rangeMethod: Method<RangeRequest, RangeAnswer> = {
  path: '/etcdserverpb.KV/Range',
  encode: encodeRange,
  decode: decodeRange,
};

/** All ranges at one revision. */
export const readMethod: Method<readonly RangeRequest[], TransactionAnswer> = {
  path: '/etcdserverpb.KV/Txn',
  encode: (requests) => new Writer().list(2, requests.map(rangeOperation)).finish(),
  decode: decodeTransaction,
};

export const transactionMethod: Method<Transaction, TransactionAnswer> = {
  path: '/etcdserverpb.KV/Txn',
  encode: ({ compares, writes, otherwise }) =>
    new Writer()
      .list(1, compares.map(encodeCompare))
      .list(2, writes.map(writeOperation))
      .list(
        3,
        otherwise.map((key) => rangeOperation({ range: { key } })),
      )
      .finish(),
  decode: decodeTransaction,
};

export const watchMethod: Method<WatchRequest, WatchAnswer> = {
  path: '/etcdserverpb.Watch/Watch',
  encode: ({ range, fromRevision }) => {
    const { first, end } = boundsOf(range);
    const create = new Writer().bytes(1, first).bytes(2, end).int64(3, fromRevision);
    return new Writer().bytes(1, create.flag(4, true).flag(6, true).finish()).finish();
  },
  decode: (message) => {
    const fields = new Fields(message);
    return {
      header: headerOf(fields),
      watchId: fields.int64(2),
      created: fields.flag(3),
      canceled: fields.flag(4),
      compactRevision: fields.int64(5),
      cancelReason: fields.text(6),
      events: fields.list(11, decodeEvent),
    };
  },
};

/** Takes a time in seconds, and gives the ID of the new lease. */
export const leaseGrantMethod: Method<number, string> = {
  path: '/etcdserverpb.Lease/LeaseGrant',
  encode: (seconds) => new Writer().int(1, seconds).finish(),
  decode: (message) => new Fields(message).int64(2),
};

export const leaseRevokeMethod: Method<string, true> = {
  path: '/etcdserverpb.Lease/LeaseRevoke',
  encode: (id) => new Writer().int64(1, id).finish(),
  decode: () => true,
};

/**
 * Takes a lease's ID, and gives the seconds until it expires; 0 or less: there is no such lease.
 */
export const leaseKeepAliveMethod: Method<string, number> = {
  path: '/etcdserverpb.Lease/LeaseKeepAlive',
  encode: (id) => new Writer().int64(1, id).finish(),
  decode: (message) => new Fields(message).int(3),
};

export const statusMethod: Method<undefined, StatusAnswer> = {
  path: '/etcdserverpb.Maintenance/Status',
  encode: () => Buffer.alloc(0),
  decode: (message) => {
    const fields = new Fields(message);
    return {
      version: fields.text(2),
      databaseBytes: fields.int(3),
      leader: fields.uint64(4),
      errors: fields.texts(8),
    };
  },
};

/** Gives the names of the raised alarms. */
export const alarmMethod: Method<undefined, readonly string[]> = {
  path: '/etcdserverpb.Maintenance/Alarm',
  encode: () => Buffer.alloc(0),
  decode: (message) =>
    new Fields(message).list(2, (alarm) => alarmNames[new Fields(alarm).int(2)] ?? 'UNKNOWN'),
};

const alarmNames: readonly (string | undefined)[] = ['NONE', 'NOSPACE', 'CORRUPT'];

export interface Password {
  readonly username: string;
  readonly password: string;
}

/** Gives a user's token. */
export const authenticateMethod: Method<Password, string> = {
  path: '/etcdserverpb.Auth/Authenticate',
  encode: ({ username, password }) => new Writer().text(1, username).text(2, password).finish(),
  decode: (message) => new Fields(message).text(2),
};

function encodeRange({ range, after, limit, revision, keysOnly }: RangeRequest): Buffer {
  const { first, end } = boundsOf(range, after);
  return new Writer()
    .bytes(1, first)
    .bytes(2, end)
    .int(3, limit)
    .int64(4, revision)
    .flag(8, keysOnly)
    .finish();
}

/** @param after the last key of the page before */
function boundsOf(
  range: KeyRange,
  after?: string | Uint8Array,
): { readonly first: Buffer; readonly end?: Buffer } {
  if ('key' in range) return { first: Buffer.from(range.key) };
  const first =
    after === undefined
      ? Buffer.from(range.prefix)
      : Buffer.concat([Buffer.from(after), Buffer.of(0)]);
  return { first, end: endOf(Buffer.from(range.prefix)) };
}

/**
 * The first key after all keys with this prefix. Our prefixes are texts, and no byte of UTF-8 is
 * 0xff.
 */
function endOf(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  const last = end.length - 1;
  end[last] = (end[last] ?? 0) + 1;
  return end;
}

function rangeOperation(request: RangeRequest): Buffer {
  return new Writer().bytes(1, encodeRange(request)).finish();
}

function writeOperation(write: Write): Buffer {
  if ('remove' in write) {
    return new Writer().bytes(3, new Writer().text(1, write.remove).finish()).finish();
  }
  const { put, value, lease } = write;
  return new Writer()
    .bytes(2, new Writer().text(1, put).text(2, value).int64(3, lease).finish())
    .finish();
}

const equal = 0;
const createRevision = 1;
const modRevision = 2;

function encodeCompare(compare: Compare): Buffer {
  const writer = new Writer().int(1, equal);
  return 'modified' in compare
    ? writer.int(2, modRevision).text(3, compare.key).int64(6, compare.modified).finish()
    : writer.int(2, createRevision).text(3, compare.key).int64(5, compare.created).finish();
}

function decodeTransaction(message: Buffer): TransactionAnswer {
  const fields = new Fields(message);
  return {
    header: headerOf(fields),
    succeeded: fields.flag(2),
    ranges: fields.list(3, (answer) => new Fields(answer).message(1, decodeRange)).filter(isGiven),
  };
}

function isGiven<T>(value: T | undefined): value is T {
  return value !== undefined;
}

function decodeRange(message: Buffer): RangeAnswer {
  const fields = new Fields(message);
  const last = fields.message(2, (key) => new Fields(key).bytes(1));
  return {
    header: headerOf(fields),
    keys: fields.list(2, decodeKey),
    ...(last !== undefined && { last }),
    more: fields.flag(3),
  };
}

function headerOf(fields: Fields): Header {
  const decode = (message: Buffer): Header => {
    const header = new Fields(message);
    return { clusterId: header.uint64(1), revision: header.int64(3) };
  };
  return fields.message(1, decode) ?? { clusterId: '0', revision: '0' };
}

function decodeKey(message: Buffer): StoredKey {
  const fields = new Fields(message);
  return {
    key: fields.text(1),
    value: fields.text(5),
    created: fields.int64(2),
    modified: fields.int64(3),
    lease: fields.int64(6),
  };
}

function decodeEvent(message: Buffer): WatchEvent {
  const fields = new Fields(message);
  return {
    isPut: fields.int(1) === 0,
    key: fields.message(2, decodeKey) ?? decodeKey(Buffer.alloc(0)),
    previous: fields.message(3, decodeKey),
  };
}
