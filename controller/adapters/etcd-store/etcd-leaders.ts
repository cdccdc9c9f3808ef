/**
 * Leadership over etcd: a key under a lease. Without renewals the key goes away, and with it every
 * write of the old leader fails that compares its token. A person or a program may also remove the
 * key while the lease lives: the leader watches it, and reads it with every renewal.
 */
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import { textAt } from '../../../core/input/plain-data.ts';
import { printable } from '../../../core/printable.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import { noRevision, type StoredKey } from '../../../runtime/etcd/keys.ts';
import { leaderKind, type Leadership, type LeaderNotice, type Store } from '../../ports/store.ts';
import { etcdKey } from './etcd-keys.ts';
import { holdLease, type HeldLease } from './held-lease.ts';

export interface EtcdLeadersOptions {
  readonly client: EtcdClient;
  readonly prefix: string;
  /** The time after which another process may lead when this one does not answer. */
  readonly ttlSeconds: number;
}

export interface EtcdLeaders {
  readonly lead: Store['lead'];
  /** Releases all leaderships. */
  close(): Promise<void>;
}

const unknownHolder: LeaderNotice = { holder: 'another controller' };

export function createEtcdLeaders({ client, prefix, ttlSeconds }: EtcdLeadersOptions): EtcdLeaders {
  const led = new Set<Leadership>();
  const lead: Store['lead'] = async (name, own) => {
    const key = etcdKey(prefix, { kind: leaderKind, key: name });
    const standing = await keyAt(client, key);
    if (standing !== undefined && isBound(standing)) return noticeOf(standing);
    let token: string | undefined;
    const isOurs = async (): Promise<boolean> =>
      token === undefined || (await keyAt(client, key))?.modified === token;
    const lease = await holdLease(client, ttlSeconds, isOurs);
    const outcome = await client
      .commit({
        compares: [{ key, modified: standing?.modified ?? noRevision }],
        writes: [{ put: key, value: JSON.stringify(own), lease: lease.id }],
        otherwise: [key],
      })
      .catch(async (error: unknown) => {
        // The key may be there: it must not stand for a process that does not lead.
        await lease.release();
        throw error;
      });
    if (!outcome.done) {
      await lease.release();
      const faster = outcome.found.get(key);
      return faster === undefined ? unknownHolder : noticeOf(faster);
    }
    token = outcome.revision;
    endWithKey(lease, client, { key, token });
    const leadership = leadershipOf(Number(token), lease, () => led.delete(leadership));
    led.add(leadership);
    return leadership;
  };
  return {
    lead,
    close: async () => {
      await Promise.all([...led].map((one) => one.release()));
    },
  };
}

/** Another controller leads as soon as the key is gone: this one must not go on beside it. */
function endWithKey(
  lease: HeldLease,
  client: Pick<EtcdClient, 'watch'>,
  { key, token }: { readonly key: string; readonly token: string },
): void {
  const watch = client.watch([{ key }], {
    changed: (events) => {
      if (events.some(({ revision }) => revision !== token)) lease.end();
    },
    // The renewals read the key, also while the watch does not work.
    began: () => undefined,
    failing: () => undefined,
  });
  lease.lost.addEventListener('abort', () => watch.stop());
  if (lease.lost.aborted) watch.stop();
}

function leadershipOf(token: number, lease: HeldLease, released: () => void): Leadership {
  return {
    token,
    lost: lease.lost,
    stands: lease.stands,
    release: async () => {
      released();
      await lease.release();
    },
  };
}

async function keyAt(client: EtcdClient, key: string): Promise<StoredKey | undefined> {
  const { ranges } = await client.read([{ key }]);
  return ranges[0]?.[0];
}

/** A key without a lease is from a backup, or a person made it: it would never go away. */
function isBound({ lease }: StoredKey): boolean {
  return lease !== '0';
}

/** Controllers of an earlier version write the holder only. */
function noticeOf({ value }: StoredKey): LeaderNotice {
  const parsed = parseJson(value, jsonBounds.fleetReport);
  if (!parsed.ok) return unknownHolder;
  const holder = textAt(parsed.data, 'holder') ?? unknownHolder.holder;
  const agents = textAt(parsed.data, 'agents');
  const relayKey = textAt(parsed.data, 'relayKey');
  const people = textAt(parsed.data, 'people');
  return {
    holder: printable(holder.slice(0, 300)),
    ...(agents !== undefined && { agents }),
    ...(relayKey !== undefined && { relayKey }),
    ...(people !== undefined && isAddress(people) && { people }),
  };
}

/** `host:port` or `[IPv6]:port`; people's commands go there with their tokens. */
function isAddress(text: string): boolean {
  return /^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[1-9]\d{0,4}$/.test(text);
}
