/**
 * Writes a step in transactions: the agent reads every key beforehand, and a transaction writes only
 * while nobody else has changed one of them.
 */
import type { Change, Step } from '../../../core/plan/plan.ts';
import { touchesCluster } from '../../../core/plan/restrict-plan.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import { noRevision, type StoredKey } from '../../../runtime/etcd/keys.ts';
import type { Fence } from '../../ports/datastore/writer-lease.ts';
import { drainPool, isPoolDeletion } from './ipam/drain-pool.ts';
import { brokenFence, comparesOf, fenceCompares, lost } from './fence.ts';
import { holderKey, objectOf, writerRecordKey } from './keys.ts';
import {
  changedKey,
  conflict,
  nameOf,
  shown,
  writeOf,
  Writing,
  type Stored,
} from './step-writes.ts';

/** etcd's own limit, --max-txn-ops, counts compares and writes each. */
const maxOperations = 128;
export const atomicChanges = maxOperations - fenceCompares;

/** calico-node writes its Node too: the agent reads and patches it again at most this often. */
const maxAttempts = 6;

export interface ApplyOptions {
  readonly client: EtcdClient;
  readonly now: () => string;
  /** This node's Calico Node as it was observed, which saves reading it again; absent: it was not. */
  readonly seen?: StoredKey;
}

export async function applyStep(
  options: ApplyOptions,
  step: Step,
  revision: RevisionRef,
  fence: Fence | undefined,
): Promise<void> {
  const { changes } = step;
  const isOfCluster = touchesCluster({ steps: [step] });
  if (fence === undefined && isOfCluster) {
    throw lost(
      'cannot write the cluster-wide resources: this agent does not hold the writer lease',
    );
  }
  const guard = isOfCluster ? fence : undefined;
  const compares = guard === undefined ? [] : comparesOf(guard);
  for (let first = 0; first < changes.length; first += atomicChanges) {
    const some: Change[] = [];
    for (const change of changes.slice(first, first + atomicChanges)) {
      const isPool = isPoolDeletion(change);
      some.push(
        isPool ? await drainPool({ client: options.client, guard: compares }, change) : change,
      );
    }
    await applyAtOnce(options, some, new Writing(revision, options.now), guard);
  }
}

async function applyAtOnce(
  { client, seen }: ApplyOptions,
  changes: readonly Change[],
  writing: Writing,
  fence: Fence | undefined,
): Promise<void> {
  const keys = [...new Set(changes.map(changedKey))];
  const assumed = assumedOf(changes, seen);
  let stored = assumed ?? (await readKeys(client, keys));
  let isRead = assumed === undefined;
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const written = writing.outcome(changes, stored);
    if (written.length === 0) return;
    const outcome = await client.commit({
      compares: [
        ...(fence === undefined ? [] : comparesOf(fence)),
        ...written.map(({ key }) => ({ key, modified: stored.get(key)?.modified ?? noRevision })),
      ],
      writes: written.map(writeOf),
      otherwise: fence === undefined ? [] : [holderKey, writerRecordKey],
    });
    if (outcome.done) return;
    const broken = fence === undefined ? undefined : brokenFence(fence, outcome.found);
    if (broken !== undefined) throw broken;
    const now = await readKeys(client, keys);
    if (isRead) refuseOthersWrites(keys, stored, now);
    stored = now;
    isRead = true;
  }
  throw conflict('it is changed all the time', changes.map(nameOf));
}

/**
 * The stored objects as the plan assumes them, where nothing has to be read for it: new objects do not
 * exist yet, and this node is as it was observed. The transaction fails if that is no longer true.
 * undefined: other objects are changed.
 */
function assumedOf(changes: readonly Change[], node: StoredKey | undefined): Stored | undefined {
  const assumed = new Map<string, StoredKey>();
  for (const change of changes) {
    if (change.action === 'create') continue;
    if (change.action !== 'patch-node' || changedKey(change) !== node?.key) return undefined;
    assumed.set(node.key, node);
  }
  return assumed;
}

async function readKeys(client: EtcdClient, keys: readonly string[]): Promise<Stored> {
  const { ranges } = await client.read(keys.map((key) => ({ key })));
  return new Map(ranges.flat().map((one) => [one.key, one]));
}

/** A Node may change meanwhile, because only the agent writes the fields that it patches. */
function refuseOthersWrites(keys: readonly string[], before: Stored, after: Stored): void {
  const written = keys.filter(
    (key) =>
      objectOf(key)?.kind !== 'Node' && before.get(key)?.modified !== after.get(key)?.modified,
  );
  if (written.length > 0) throw conflict('somebody else changed it meanwhile', written.map(shown));
}
