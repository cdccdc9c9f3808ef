/**
 * The writer lease: a key that is bound to an etcd lease names the holder, and a second key is the
 * record. A holder that hangs loses its key, and with it every later write, because each write
 * compares with the key.
 */
import {
  parseWriterRecord,
  withDoneOnce,
  withHold,
  withTakenBack,
  withRevision,
  type Noted,
  type WriterRecord,
} from '../../../core/writer/writer-record.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import { keepLease, type KeptLease } from '../../../runtime/etcd/kept-lease.ts';
import { noRevision, type StoredKey } from '../../../runtime/etcd/keys.ts';
import type { Claim, WriterLease, Fence } from '../../ports/datastore/writer-lease.ts';
import { brokenFence, comparesOf, fenceOf, lost, termOf } from './fence.ts';
import { holderKey, writerRecordKey } from './keys.ts';

const ttlSeconds = 30;
const maxAttempts = 6;

export interface WriterLeaseOptions {
  readonly client: EtcdClient;
  readonly node: () => string;
  readonly now: () => string;
}

interface Held {
  readonly lease: KeptLease;
  /** create_revision of our key. */
  readonly created: string;
}

interface Standing {
  readonly holder: StoredKey | undefined;
  readonly record: WriterRecord | undefined;
  readonly recorded: string;
}

export interface EtcdWriterLease {
  readonly lease: WriterLease;
  /** Renews nothing any more: the lease expires unless it was released. */
  close(): void;
}

export function createWriterLease({ client, node, now }: WriterLeaseOptions): EtcdWriterLease {
  let held: Held | undefined;
  let claiming: Promise<unknown> = Promise.resolve();

  const noted = (): { readonly by: string; readonly at: string } => ({ by: node(), at: now() });
  const drop = (): void => {
    held?.lease.stop();
    held = undefined;
  };
  const claim = async (): Promise<Claim> => {
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const standing = await look(client);
      const { holder } = standing;
      if (holder !== undefined && isUnbound(holder)) {
        await removeUnbound(client, holder);
        continue;
      }
      if (held !== undefined && held.created === holder?.created) {
        return { held: true, fence: fenceOf(held.created, standing.recorded), ...known(standing) };
      }
      drop();
      // The key is from before a restart of this agent: no other agent has our name.
      if (holder?.value === node()) await client.revokeLease(holder.lease);
      else if (holder !== undefined)
        return { held: false, holder: holder.value, ...known(standing) };
      held = await take(client, node());
    }
    throw lost('cannot take the writer lease: it changes hands all the time');
  };

  const lease: WriterLease = {
    read: async () => {
      const standing = await look(client);
      const { holder } = standing;
      const isHeld = holder !== undefined && !isUnbound(holder);
      return { ...(isHeld && { holder: holder.value }), ...known(standing) };
    },
    // One claim at a time: a second one would take the first one's key for an old one.
    claim: () => {
      const next = claiming.then(claim);
      claiming = next.catch(() => undefined);
      return next;
    },
    record: (revision, fence, notes) =>
      recordRevision(client, revision, fence, { ...noted(), ...notes }),
    setHold: (hold) =>
      changeRecord(client, 'store the hold', (record) =>
        hold === undefined && record?.hold === undefined
          ? undefined
          : withHold(record, hold, noted()),
      ),
    takeBack: (revision, reason) =>
      changeRecord(client, 'note that the revision is taken back', (record) => {
        const next = withTakenBack(record, { revision, reason }, noted());
        return next === record ? undefined : next;
      }),
    changeDoneOnce: (change) =>
      changeRecord(client, 'note what is done once for the cluster', (record) => {
        const done = record?.doneOnce ?? [];
        const next = change(done);
        return next === done ? undefined : withDoneOnce(record, next, noted());
      }),
    release: async () => {
      await claiming;
      const id = held?.lease.id;
      drop();
      if (id !== undefined) await client.revokeLease(id);
    },
  };
  return { lease, close: drop };
}

function known({ record }: Standing): { readonly record?: WriterRecord } {
  return record === undefined ? {} : { record };
}

async function look(client: EtcdClient): Promise<Standing> {
  const { ranges } = await client.read([{ key: holderKey }, { key: writerRecordKey }]);
  const [[holder] = [], [stored] = []] = ranges;
  return { holder, record: recordOf(stored), recorded: stored?.modified ?? noRevision };
}

/**
 * Whether the key has no etcd lease: etcd was restored, or a person made the key. It would never
 * expire, so it does not count as held.
 */
export function isUnbound({ lease }: StoredKey): boolean {
  return lease === '0';
}

/**
 * Deletes the key first: an overwritten key would keep its create_revision, the mark of its term.
 */
async function removeUnbound(client: EtcdClient, { modified }: StoredKey): Promise<void> {
  await client.commit({
    compares: [{ key: holderKey, modified }],
    writes: [{ remove: holderKey }],
    otherwise: [],
  });
}

/** Takes the lease; undefined: another agent was faster. */
async function take(client: EtcdClient, node: string): Promise<Held | undefined> {
  const lease = await client.grantLease(ttlSeconds);
  try {
    const outcome = await client.commit({
      compares: [{ key: holderKey, modified: noRevision }],
      writes: [{ put: holderKey, value: node, lease }],
      otherwise: [],
    });
    if (outcome.done) {
      return { lease: keepLease(client, lease, ttlSeconds), created: outcome.revision };
    }
  } catch (error) {
    await revokeQuietly(client, lease);
    throw error;
  }
  await revokeQuietly(client, lease);
  return undefined;
}

async function recordRevision(
  client: EtcdClient,
  revision: RevisionRef,
  fence: Fence,
  noted: Noted,
): Promise<Fence> {
  const { held, record: expected } = termOf(fence);
  const { holder, record, recorded } = await look(client);
  const next = withRevision(record, revision, noted);
  if (next === record && recorded === expected && holder?.created === held) return fence;
  const outcome = await client.commit({
    compares: comparesOf(fence),
    writes: [{ put: writerRecordKey, value: JSON.stringify(next) }],
    otherwise: [holderKey, writerRecordKey],
  });
  if (outcome.done) return fenceOf(held, outcome.revision);
  throw brokenFence(fence, outcome.found) ?? lost('the writer lease was lost meanwhile');
}

/** @param change returns undefined where nothing changes */
async function changeRecord(
  client: EtcdClient,
  what: string,
  change: (record: WriterRecord | undefined) => WriterRecord | undefined,
): Promise<void> {
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const { record, recorded } = await look(client);
    const next = change(record);
    if (next === undefined) return;
    const outcome = await client.commit({
      compares: [{ key: writerRecordKey, modified: recorded }],
      writes: [{ put: writerRecordKey, value: JSON.stringify(next) }],
      otherwise: [],
    });
    if (outcome.done) return;
  }
  const message = `cannot ${what}: other agents change the writer record all the time`;
  throw new AppError('datastore-conflict', message, { retryable: true });
}

/** @throws AppError where the record does not have our form: it is never overwritten */
function recordOf(stored: StoredKey | undefined): WriterRecord | undefined {
  if (stored === undefined) return undefined;
  const record = parseWriterRecord(stored.value);
  if (record !== undefined) return record;
  throw new AppError(
    'datastore-failed',
    `cannot read the writer record, "${writerRecordKey}" in etcd: it is not in the form that this version writes; a newer agent wrote it, or it is damaged`,
    { retryable: true },
  );
}

/** If this fails, the lease expires. */
async function revokeQuietly(client: EtcdClient, lease: string): Promise<void> {
  await client.revokeLease(lease).catch(() => undefined);
}
