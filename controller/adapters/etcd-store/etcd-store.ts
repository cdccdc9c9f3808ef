/** The store of several controllers: keys of an etcd cluster, below a prefix. */
import { AppError } from '../../../runtime/errors.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import type { StoredKey } from '../../../runtime/etcd/keys.ts';
import type {
  Committed,
  ListQuery,
  RecordPage,
  Store,
  StoredRecord,
  StoreSnapshot,
  Transaction,
} from '../../ports/store.ts';
import { createEtcdLeaders } from './etcd-leaders.ts';
import { etcdKey, kindPrefix, recordName } from './etcd-keys.ts';
import { textOf, valueOf } from './etcd-values.ts';
import { watchRecords } from './watch-records.ts';

export interface EtcdStoreOptions {
  readonly client: EtcdClient;
  /** The beginning of all keys, such as `/calico-controller/`. */
  readonly prefix: string;
  /** The time after which another process may lead when the leader does not answer. */
  readonly leaseSeconds?: number;
}

/** etcd's own limits are 128 operations and 1.5 MiB, keys and values together. */
const bounds = { changes: 100, bytes: 1024 * 1024 };

export function createEtcdStore({ client, prefix, leaseSeconds = 15 }: EtcdStoreOptions): Store {
  const leaders = createEtcdLeaders({ client, prefix, ttlSeconds: leaseSeconds });
  return {
    place: `etcd below "${prefix}"`,
    bounds,
    get: async (name) => {
      const { ranges } = await client.read([{ key: etcdKey(prefix, name) }]);
      const [found] = ranges[0] ?? [];
      return found === undefined ? undefined : recordOf(prefix, found);
    },
    list: (query) => list(client, prefix, query),
    commit: (transaction) => commit(client, prefix, transaction),
    snapshot: () => snapshot(client, prefix),
    watch: (kind, watcher) => watchRecords(client, prefix, kind, watcher),
    lead: leaders.lead,
    close: async () => {
      await leaders.close();
      client.close();
    },
  };
}

async function list(
  client: EtcdClient,
  prefix: string,
  { kind, prefix: begin = '', after, limit }: ListQuery,
): Promise<RecordPage> {
  const range = { prefix: `${kindPrefix(prefix, kind)}${begin}` };
  let last: string | Uint8Array | undefined =
    after === undefined || after < begin ? undefined : etcdKey(prefix, { kind, key: after });
  for (;;) {
    const query = { limit, ...(last !== undefined && { after: last }) };
    const page = await client.readPage(range, query);
    const records = page.keys.flatMap((one) => recordOf(prefix, one) ?? []);
    const next = records.at(-1)?.key;
    if (!page.more || page.last === undefined) return { records };
    if (next !== undefined) return { records, next };
    // All of the page are keys of strangers, which need not even be text.
    last = page.last;
  }
}

const snapshotPage = 250;

/** All pages are read at the revision of the first one, which etcd keeps until it compacts it. */
async function snapshot(client: EtcdClient, prefix: string): Promise<StoreSnapshot> {
  const { revision } = await client.readPage({ prefix }, { limit: 1 });
  const pageBehind = async (
    after: string | Uint8Array | undefined,
  ): Promise<readonly StoredRecord[]> => {
    const query = { limit: snapshotPage, revision, ...(after !== undefined && { after }) };
    const page = await client.readPage({ prefix }, query);
    const records = page.keys.flatMap((one) => recordOf(prefix, one) ?? []);
    // A page of strangers' keys only is not the end.
    return records.length > 0 || !page.more ? records : pageBehind(page.last);
  };
  return {
    page: (after) => pageBehind(after && etcdKey(prefix, after)),
    close: () => Promise.resolve(),
  };
}

async function commit(
  client: EtcdClient,
  prefix: string,
  { compare = [], changes }: Transaction,
): Promise<Committed> {
  const writes = await Promise.all(
    changes.map(async ({ text, ...name }) => {
      const key = etcdKey(prefix, name);
      return text === undefined ? { remove: key } : { put: key, value: await valueOf(text) };
    }),
  );
  const outcome = await client.commit({
    compares: compare.map(({ version, ...name }) => ({
      key: etcdKey(prefix, name),
      modified: String(version),
    })),
    writes,
    otherwise: [],
  });
  return outcome.done ? { ok: true, version: versionOf(outcome.revision) } : { ok: false };
}

/** Undefined for a key of a stranger. */
function recordOf(prefix: string, { key, value, modified }: StoredKey): StoredRecord | undefined {
  const name = recordName(prefix, key);
  return name && { ...name, text: textOf(value), version: versionOf(modified) };
}

/** @throws AppError where etcd counts higher than JavaScript can */
function versionOf(revision: string): number {
  const version = Number(revision);
  if (Number.isSafeInteger(version) && version > 0) return version;
  throw new AppError('datastore-failed', `cannot use etcd: its revision ${revision} is too high`);
}
