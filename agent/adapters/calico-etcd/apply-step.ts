/**
 * A step as transactions: all that it changes was read before, and is written only while nothing
 * of it was changed by somebody else.
 */
import { randomUUID } from 'node:crypto';
import type { Change, Step } from '../../../core/plan/plan.ts';
import { touchesCluster } from '../../../core/plan/restrict-plan.ts';
import type { CalicoResource } from '../../../core/calico/resource.ts';
import { markedBy } from '../../../core/render/ownership.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import { noRevision, type StoredKey, type Write } from '../../../runtime/etcd/keys.ts';
import type { Fence } from '../../ports/datastore/writer-lease.ts';
import { drainPool, isPoolDeletion } from './ipam/drain-pool.ts';
import { brokenFence, comparesOf, fenceCompares, lost } from './fence.ts';
import { holderKey, keyOf, objectOf, writerRecordKey } from './keys.ts';
import { patchedNode } from './objects/node-object.ts';
import { noObject, parseValue, readResource, type RawObject } from './objects/stored-object.ts';
import { sameJson } from './objects/same-json.ts';
import { releasedObject, writtenObject, type Birth } from './objects/written-object.ts';

/** etcd's own limit, --max-txn-ops, counts compares and writes each. */
const maxOperations = 128;
export const atomicChanges = maxOperations - fenceCompares;

/** calico-node writes its Node too: as often as this it is read and patched again. */
const maxAttempts = 6;

export interface ApplyOptions {
  readonly client: EtcdClient;
  readonly now: () => string;
  /** The last observed objects, which saves reading them again; absent: none. */
  readonly seen?: Stored;
}

type Stored = ReadonlyMap<string, StoredKey>;

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
  const assumed = seen === undefined ? undefined : assumedOf(changes, seen);
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
 * What the changes go by, where it was read already: a new object is not there yet, and the others
 * have the version that was read. The transaction finds out whether it is still so.
 */
function assumedOf(changes: readonly Change[], seen: Stored): Stored | undefined {
  const assumed = new Map<string, StoredKey>();
  for (const change of changes) {
    const key = changedKey(change);
    const stored = seen.get(key);
    if (change.action === 'patch-node' ? stored === undefined : !isSeen(change, stored))
      return undefined;
    if (stored !== undefined) assumed.set(key, stored);
  }
  return assumed;
}

function isSeen(
  change: Exclude<Change, { readonly action: 'patch-node' }>,
  stored: StoredKey | undefined,
): boolean {
  if (change.action === 'create') return stored === undefined;
  return stored !== undefined && change.version === stored.modified;
}

async function readKeys(client: EtcdClient, keys: readonly string[]): Promise<Stored> {
  const { ranges } = await client.read(keys.map((key) => ({ key })));
  return new Map(ranges.flat().map((one) => [one.key, one]));
}

/** Nodes may change under us: what we patch of them is ours alone. */
function refuseOthersWrites(keys: readonly string[], before: Stored, after: Stored): void {
  const written = keys.filter(
    (key) =>
      objectOf(key)?.kind !== 'Node' && before.get(key)?.modified !== after.get(key)?.modified,
  );
  if (written.length > 0) throw conflict('somebody else changed it meanwhile', written.map(shown));
}

interface Written {
  readonly key: string;
  /** undefined: gone. */
  readonly object: RawObject | undefined;
}

function writeOf({ key, object }: Written): Write {
  return object === undefined ? { remove: key } : { put: key, value: JSON.stringify(object) };
}

interface Transformed {
  readonly before: RawObject | undefined;
  readonly object: RawObject | undefined;
  readonly isChanged: boolean;
}

/** What changes make of what is stored. Two changes of one object follow each other. */
class Writing {
  readonly #revision: RevisionRef;
  readonly #birth: () => Birth;

  constructor(revision: RevisionRef, now: () => string) {
    this.#revision = revision;
    // Kubernetes' times have no fractions of seconds.
    this.#birth = () => ({ uid: randomUUID(), at: now().replace(/\.\d+/, '') });
  }

  /** What is left to be written. @throws AppError datastore-conflict */
  outcome(changes: readonly Change[], stored: Stored): readonly Written[] {
    const objects = new Map<string, Transformed>();
    for (const change of changes) {
      const key = changedKey(change);
      const found = stored.get(key);
      const earlier = objects.get(key);
      const before = earlier === undefined ? found && readRaw(change, found) : earlier.before;
      const object = this.#after(change, earlier === undefined ? before : earlier.object);
      const isChanged = !sameJson(before, object);
      if (earlier === undefined && isChanged) refuseChanged(change, found);
      objects.set(key, { before, object, isChanged });
    }
    return [...objects].flatMap(([key, { object, isChanged }]) =>
      isChanged ? [{ key, object }] : [],
    );
  }

  #after(change: Change, current: RawObject | undefined): RawObject | undefined {
    switch (change.action) {
      case 'create':
      case 'update':
        return writtenObject(markedBy(change, this.#revision), current, this.#birth);
      case 'delete':
        return undefined;
      case 'release':
        return current === undefined
          ? undefined
          : releasedObject(readAgain(change.before, current), current);
      case 'patch-node':
        if (current === undefined) throw noNode(change.node);
        return patchedNode(current, change.after);
    }
  }
}

/** Called where a change would change something: what is so already may stay so. */
function refuseChanged(change: Change, found: StoredKey | undefined): void {
  if (change.action === 'patch-node') return;
  if (change.action === 'create') {
    if (found !== undefined) throw conflict('it is there already', [nameOf(change)]);
  } else if (found === undefined) {
    throw conflict('somebody deleted it meanwhile', [nameOf(change)]);
  } else if (change.version !== undefined && change.version !== found.modified) {
    throw conflict('somebody else changed it meanwhile', [nameOf(change)]);
  }
}

function readRaw(change: Change, { value }: StoredKey): RawObject {
  const raw = parseValue(value);
  if (raw !== undefined) return raw;
  throw unreadable(nameOf(change), noObject);
}

function readAgain({ kind, metadata }: CalicoResource, raw: RawObject): CalicoResource {
  const read = readResource(kind, metadata.name, raw);
  if (read.kind === 'resource') return read.resource;
  throw unreadable(`${kind} "${metadata.name}"`, read.taken.why);
}

function identityOf(change: Change): {
  readonly kind: CalicoResource['kind'] | 'Node';
  readonly name: string;
} {
  if (change.action === 'patch-node') return { kind: 'Node', name: change.node };
  const { kind, metadata } = change.action === 'create' ? change.resource : change.before;
  return { kind, name: metadata.name };
}

function changedKey(change: Change): string {
  const { kind, name } = identityOf(change);
  return keyOf(kind, name);
}

function nameOf(change: Change): string {
  const { kind, name } = identityOf(change);
  return `${kind} "${name}"`;
}

function shown(key: string): string {
  const object = objectOf(key);
  return object === undefined ? key : `${object.kind} "${object.name}"`;
}

const maxNames = 3;

function conflict(reason: string, names: readonly string[]): AppError {
  const more = names.length - maxNames;
  const some = names.slice(0, maxNames).join(', ') + (more > 0 ? ` and ${String(more)} more` : '');
  return new AppError('datastore-conflict', `cannot write ${some}: ${reason}`, { retryable: true });
}

function unreadable(name: string, why: string): AppError {
  return new AppError('datastore-failed', `cannot write ${name}: ${why}`, { retryable: true });
}

function noNode(name: string): AppError {
  const reason = 'it is not in the datastore yet; calico-node makes it when it starts there';
  return new AppError('datastore-failed', `cannot patch Node "${name}": ${reason}`, {
    retryable: true,
  });
}
