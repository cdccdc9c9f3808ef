/**
 * A step as transactions: all that it changes was read before, and is written only while nothing
 * of it was changed by somebody else.
 */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Change, Step } from '../../../core/plan/plan.ts';
import type { CalicoResource } from '../../../core/render/desired.ts';
import { stamped } from '../../../core/render/ownership.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import {
  noRevision,
  type Compare,
  type StoredKey,
  type Write,
} from '../../../runtime/etcd/keys.ts';
import type { Fence } from '../../ports/cluster-share.ts';
import { brokenFence, comparesOf, fenceCompares, lost } from './fence.ts';
import { holderKey, keyOf, objectOf, shareRecordKey } from './keys.ts';
import { patchedNode } from './node-object.ts';
import { parseValue, readResource, type RawObject } from './stored-object.ts';
import { releasedObject, writtenObject, type Birth } from './written-object.ts';

/** etcd's own limit, --max-txn-ops, counts compares and writes each. */
const maxOperations = 128;
export const atomicChanges = maxOperations - fenceCompares;

/** calico-node writes its Node too: as often as this it is read and patched again. */
const maxAttempts = 6;

export interface ApplyOptions {
  readonly client: EtcdClient;
  readonly now: () => string;
}

export async function applyStep(
  { client, now }: ApplyOptions,
  { changes }: Step,
  revision: RevisionRef,
  fence: Fence | undefined,
): Promise<void> {
  if (fence === undefined && changes.some(isOfCluster)) {
    throw lost('cannot change what all nodes share: this agent has not claimed the cluster share');
  }
  const guard = changes.some(isOfCluster) ? fence : undefined;
  for (let first = 0; first < changes.length; first += atomicChanges) {
    const some = changes.slice(first, first + atomicChanges);
    await applyAtOnce(client, some, new Writing(revision, now), guard);
  }
}

function isOfCluster(change: Change): boolean {
  return change.action !== 'patch-node' && change.share.kind === 'cluster';
}

async function applyAtOnce(
  client: EtcdClient,
  changes: readonly Change[],
  writing: Writing,
  fence: Fence | undefined,
): Promise<void> {
  const keys = [...new Set(changes.map(changedKey))];
  let stored = await readKeys(client, keys);
  for (let attempt = 1; ; attempt += 1) {
    const left = writing.outcome(changes, stored);
    const changed = [...left].filter(([key, object]) => !isAsStored(object, stored.get(key)));
    if (changed.length === 0) return;
    const outcome = await client.commit({
      compares: [
        ...(fence === undefined ? [] : comparesOf(fence)),
        ...changed.map(([key]) => compareOf(key, stored.get(key))),
      ],
      writes: changed.map(([key, object]) => writeOf(key, object)),
      otherwise: [...(fence === undefined ? [] : [holderKey, shareRecordKey]), ...keys],
    });
    if (outcome.done) return;
    const broken = fence === undefined ? undefined : brokenFence(fence, outcome.found);
    if (broken !== undefined) throw broken;
    refuseOthersWrites(keys, stored, outcome.found);
    if (attempt === maxAttempts) throw conflict('it is changed all the time', changes.map(nameOf));
    stored = outcome.found;
  }
}

async function readKeys(
  client: EtcdClient,
  keys: readonly string[],
): Promise<ReadonlyMap<string, StoredKey>> {
  const { ranges } = await client.read(keys.map((key) => ({ key })));
  return new Map(ranges.flat().map((one) => [one.key, one]));
}

/** Nodes may change under us: what we patch of them is ours alone. */
function refuseOthersWrites(
  keys: readonly string[],
  before: ReadonlyMap<string, StoredKey>,
  after: ReadonlyMap<string, StoredKey>,
): void {
  const written = keys.filter(
    (key) =>
      objectOf(key)?.kind !== 'Node' && before.get(key)?.modified !== after.get(key)?.modified,
  );
  if (written.length > 0) throw conflict('somebody else changed it meanwhile', written.map(shown));
}

function compareOf(key: string, stored: StoredKey | undefined): Compare {
  return { key, modified: stored?.modified ?? noRevision };
}

function writeOf(key: string, object: RawObject | undefined): Write {
  return object === undefined ? { remove: key } : { put: key, value: JSON.stringify(object) };
}

function isAsStored(object: RawObject | undefined, stored: StoredKey | undefined): boolean {
  if (stored === undefined || object === undefined) return stored === object;
  return isDeepStrictEqual(parseValue(stored.value), object);
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

  /** The objects by key as they are to be; undefined: gone. @throws AppError datastore-conflict */
  outcome(
    changes: readonly Change[],
    stored: ReadonlyMap<string, StoredKey>,
  ): ReadonlyMap<string, RawObject | undefined> {
    const objects = new Map<string, RawObject | undefined>();
    for (const change of changes) {
      const key = changedKey(change);
      const found = stored.get(key);
      const isFirst = !objects.has(key);
      const current = isFirst && found !== undefined ? readRaw(change, found) : objects.get(key);
      const next = this.#after(change, current);
      if (isFirst && !isDeepStrictEqual(current, next)) refuseChanged(change, found);
      objects.set(key, next);
    }
    return objects;
  }

  #after(change: Change, current: RawObject | undefined): RawObject | undefined {
    switch (change.action) {
      case 'create':
      case 'update':
        return this.#written(change.resource, change, current);
      case 'delete':
        return undefined;
      case 'release':
        return current === undefined
          ? undefined
          : releasedObject(readAgain(change, current), current);
      case 'patch-node':
        if (current === undefined) throw noNode(change.node);
        return patchedNode(current, change.after);
    }
  }

  #written(
    resource: CalicoResource,
    { share }: Extract<Change, { action: 'create' | 'update' }>,
    current: RawObject | undefined,
  ): RawObject {
    return writtenObject(stamped(resource, share, this.#revision), current, this.#birth);
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
  throw unreadable(nameOf(change), 'its value in etcd is not JSON');
}

function readAgain(change: Change, raw: RawObject): CalicoResource {
  const read = readResource(identityOf(change).name, raw);
  if (read.kind === 'resource') return read.resource;
  throw unreadable(nameOf(change), read.why);
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
