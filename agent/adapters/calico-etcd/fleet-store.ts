/**
 * The reports of a fleet in etcd: keys under an etcd lease that expires unless the agent renews it.
 */
import { jsonBounds } from '../../../core/input/bounds.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import { noRevision, wholeKey, type KeptPart, type StoredKey } from '../../../runtime/etcd/keys.ts';
import { createLimit } from '../../../runtime/pacing/limit.ts';
import {
  chooseReports,
  type FleetStore,
  type StoredReports,
  type StoredText,
} from '../../ports/datastore/fleet-store.ts';
import { fleetReportsPrefix, fleetSummariesPrefix, kindPrefix } from './keys.ts';

const ttlSeconds = 30;
const renewMs = (ttlSeconds * 1000) / 3;

export interface EtcdFleetOptions {
  readonly client: EtcdClient;
  readonly node: () => string;
}

export interface EtcdFleetStore extends FleetStore {
  /** Renews nothing any more: the written keys expire. */
  close(): void;
}

export function createEtcdFleetStore({ client, node }: EtcdFleetOptions): EtcdFleetStore {
  const lease = createLease(client);
  /** One write at a time, so that the deletion of an old report does not remove the next one. */
  const turn = createLimit(1);
  const putting =
    (value: string) =>
    async (id: string): Promise<void> => {
      const writes = [{ put: fleetReportsPrefix + node(), value, lease: id }];
      await client.commit({ compares: [], writes, otherwise: [] });
    };
  return {
    everyMs: 2000,
    expires: true,
    write: (value) =>
      turn.run(async () => {
        const put = putting(value);
        await lease.use(put);
        lease.keep(put);
        return undefined;
      }),
    // Deleted at once, because other agents wait for it. After a failure the lease removes it,
    // within 30 s.
    remove: (last) =>
      turn.run(async () => {
        if (last !== undefined) return lease.use(putting(last)).finally(lease.stop);
        lease.stop();
        const writes = [{ remove: fleetReportsPrefix + node() }];
        await client.commit({ compares: [], writes, otherwise: [] });
      }),
    reports: (known) => readReports(client, known),
    nodes: async () => {
      const prefix = kindPrefix('Node');
      const { ranges } = await client.read([{ prefix }]);
      return ranges.flat().map(({ key }) => key.slice(prefix.length));
    },
    summary: async (digest) => {
      const { ranges } = await client.read([{ key: summaryKey(digest) }]);
      const [found] = ranges.flat();
      return found && bounded(found);
    },
    writeSummary: (digest, value, previous) =>
      lease.use(async (id) => {
        const key = summaryKey(digest);
        const outcome = await client.commit({
          compares: [{ key, modified: previous ?? noRevision }],
          writes: [{ put: key, value, lease: id }],
          otherwise: [],
        });
        return outcome.done ? outcome.revision : undefined;
      }),
    removeSummary: async (digest, version) => {
      const key = summaryKey(digest);
      await client.commit({
        compares: [{ key, modified: version }],
        writes: [{ remove: key }],
        otherwise: [],
      });
    },
    close: lease.stop,
  };
}

function summaryKey(digest: string): string {
  return fleetSummariesPrefix + digest.replace('sha256:', '');
}

async function readReports(client: EtcdClient, known: ReadonlySet<string>): Promise<StoredReports> {
  const kept = chooseReports(known);
  const keep = (one: StoredKey): KeptPart<StoredKey> | undefined => {
    const { key, value, lease } = one;
    const isKept = kept.keep(nodeOf(key), lease === noLease ? undefined : value);
    return isKept ? wholeKey(one) : undefined;
  };
  const { ranges } = await client.readParts([{ prefix: fleetReportsPrefix }], () => keep);
  const reports = ranges.flat().map((one) => ({ ...bounded(one), node: nodeOf(one.key) }));
  return { reports, skipped: kept.skipped() };
}

function nodeOf(key: string): string {
  return key.slice(fleetReportsPrefix.length);
}

/** The lease of a key that never expires: no agent wrote it, and it would count for ever. */
const noLease = '0';

function bounded({ modified, value, lease }: StoredKey): StoredText {
  if (lease === noLease) return { version: modified, text: '' };
  return { version: modified, text: value.slice(0, jsonBounds.fleetSummary.maxBytes + 1) };
}

interface RenewedLease {
  /**
   * Writes under the lease, which is granted when first needed, and anew after a failed write.
   * @throws AppError
   */
  use<T>(write: (id: string) => Promise<T>): Promise<T>;
  /**
   * Sets the write to repeat where the lease was lost: etcd was restored, or did not answer for too
   * long.
   */
  keep(write: (id: string) => Promise<void>): void;
  /** Renews the lease no more, so that it expires. */
  stop(): void;
}

function createLease(client: Pick<EtcdClient, 'grantLease' | 'keepLease'>): RenewedLease {
  let granted: Promise<string> | undefined;
  let kept: ((id: string) => Promise<void>) | undefined;
  let timer: NodeJS.Timeout | undefined;

  const use: RenewedLease['use'] = async (write) => {
    const asked = (granted ??= client.grantLease(ttlSeconds));
    try {
      return await write(await asked);
    } catch (error) {
      if (granted === asked) granted = undefined;
      throw error;
    }
  };
  const renew = async (): Promise<void> => {
    const asked = granted;
    const stands = asked !== undefined && (await client.keepLease(await asked).catch(() => true));
    if (kept === undefined || stands) return;
    if (granted === asked) granted = undefined;
    await use(kept);
  };
  const renewAndGoOn = async (): Promise<void> => {
    await renew().catch(() => undefined);
    if (kept !== undefined) schedule();
  };
  const schedule = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void renewAndGoOn(), renewMs);
    timer.unref();
  };
  return {
    use,
    keep: (write) => {
      const isNew = kept === undefined;
      kept = write;
      if (isNew) schedule();
    },
    stop: () => {
      clearTimeout(timer);
      kept = undefined;
      granted = undefined;
    },
  };
}
