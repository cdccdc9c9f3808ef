/** The objects that a step writes, made from the stored ones and the step's changes. */
import { randomUUID } from 'node:crypto';
import type { CalicoResource } from '../../../core/calico/resource.ts';
import type { Change } from '../../../core/plan/plan.ts';
import { markedBy } from '../../../core/render/ownership.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { StoredKey, Write } from '../../../runtime/etcd/keys.ts';
import { keyOf, objectOf } from './keys.ts';
import { patchedNode } from './objects/node-object.ts';
import { sameJson } from './objects/same-json.ts';
import { noObject, parseValue, readResource, type RawObject } from './objects/stored-object.ts';
import { releasedObject, writtenObject, type Birth } from './objects/written-object.ts';

export type Stored = ReadonlyMap<string, StoredKey>;

interface Written {
  readonly key: string;
  /** undefined: it is removed. */
  readonly object: RawObject | undefined;
}

export function writeOf({ key, object }: Written): Write {
  return object === undefined ? { remove: key } : { put: key, value: JSON.stringify(object) };
}

interface Transformed {
  readonly before: RawObject | undefined;
  readonly object: RawObject | undefined;
  readonly isChanged: boolean;
}

/** Applies changes to the stored objects. A second change of an object sees the first one's result. */
export class Writing {
  readonly #revision: RevisionRef;
  readonly #birth: () => Birth;

  constructor(revision: RevisionRef, now: () => string) {
    this.#revision = revision;
    // Kubernetes' times have no fractions of seconds.
    this.#birth = () => ({ uid: randomUUID(), at: now().replace(/\.\d+/, '') });
  }

  /** The objects that differ afterwards. @throws AppError datastore-conflict */
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

/** Only called for a change with an effect: an object that is already as desired may stay. */
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

export function changedKey(change: Change): string {
  const { kind, name } = identityOf(change);
  return keyOf(kind, name);
}

export function nameOf(change: Change): string {
  const { kind, name } = identityOf(change);
  return `${kind} "${name}"`;
}

export function shown(key: string): string {
  const object = objectOf(key);
  return object === undefined ? key : `${object.kind} "${object.name}"`;
}

const maxNames = 3;

export function conflict(reason: string, names: readonly string[]): AppError {
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
