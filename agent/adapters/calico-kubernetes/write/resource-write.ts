/**
 * The requests that create or change an object. A new object is posted whole, because server-side
 * apply would merge it with one that somebody made meanwhile. A change is a server-side apply of
 * exactly the fields that we set ourselves: a field that others set to the same value stays theirs
 * alone.
 *
 * A merge patch does two things that server-side apply cannot do: remove a field that somebody else
 * set as well, and change the annotation in which calicoctl keeps an object's metadata.
 */
import { ourFields } from '../../../../core/calico/kinds.ts';
import type { CalicoResource } from '../../../../core/calico/resource.ts';
import { movedAnnotation, withMoved } from '../../../../core/render/moved-metadata.ts';
import { managedByLabel } from '../../../../core/render/ownership.ts';
import { flatFields, nestedFields, type KeptObject } from '../objects/kept-object.ts';
import { otherManagers } from '../objects/managed-fields.ts';

/** The change of an existing object. */
export interface ResourceWrite {
  readonly contentType: 'application/apply-patch+yaml' | 'application/merge-patch+json';
  readonly body: object;
  /** Takes fields of others over; only for server-side apply. */
  readonly force: boolean;
}

export interface FieldConflict {
  /** `spec.asNumber`. */
  readonly path: string;
  readonly manager: string;
}

export interface WantedUpdate {
  /** The desired object with our marks. */
  readonly marked: CalicoResource;
  readonly apiVersion: string;
  /** The object was ours already, so changes of others to our fields are overruled. */
  readonly wasOurs: boolean;
}

export function updateWrite(
  { marked, apiVersion, wasOurs }: WantedUpdate,
  current: KeptObject,
): ResourceWrite {
  const difference = differenceOf(marked, current);
  const { changed, gone } = difference;
  const { kind, metadata } = marked;
  const { name } = metadata;
  const isHeldByOthers = gone.some((path) =>
    current.managed.some(({ isOurApply, paths }) => !isOurApply && paths.includes(path)),
  );
  if (isHeldByOthers || changed.has(movedPath)) {
    const fields = nestedFields([...changed, ...gone.map((path) => [path, null] as const)]);
    const metadataWithVersion = { ...fields.metadata, resourceVersion: current.version };
    const body = { ...fields, metadata: metadataWithVersion };
    return { contentType: 'application/merge-patch+json', body, force: false };
  }
  const kept = new Set(
    current.managed.flatMap(({ isOurApply, paths }) => (isOurApply ? paths : [])),
  );
  const applied = nestedFields(
    [...difference.desired].filter(([path]) => changed.has(path) || kept.has(path)),
  );
  // The uid prevents it from creating an object that is gone.
  const identity = { name, uid: current.uid, resourceVersion: current.version };
  const body = { apiVersion, kind, ...applied, metadata: { ...applied.metadata, ...identity } };
  // For the server our own post has another field manager: `calico-agent` by Update, not by Apply.
  const force = wasOurs || conflictsOf(marked, current).length === 0;
  return { contentType: 'application/apply-patch+yaml', body, force };
}

/** Whether the object has all our desired fields, and none of ours that is not desired. */
export function saysAlready(marked: CalicoResource, current: KeptObject): boolean {
  const { changed, gone } = differenceOf(marked, current);
  return changed.size === 0 && gone.length === 0;
}

/** The fields of this update that others set, with their managers. */
export function conflictsOf(marked: CalicoResource, current: KeptObject): readonly FieldConflict[] {
  const { changed, gone } = differenceOf(marked, current);
  return [...changed.keys(), ...gone].flatMap((path) =>
    path === movedPath
      ? []
      : otherManagers(current.managed, path).map((manager) => ({ path, manager })),
  );
}

interface Difference {
  readonly desired: ReadonlyMap<string, unknown>;
  readonly changed: ReadonlyMap<string, unknown>;
  readonly gone: readonly string[];
}

const movedPath = `metadata.annotations.${movedAnnotation}`;

function differenceOf(marked: CalicoResource, { fields }: KeptObject): Difference {
  const desired = desiredFields(marked, fields);
  const changed = new Map([...desired].filter(([path, value]) => !isSame(value, fields.get(path))));
  const ours = ourFields[marked.kind].map((field) => `spec.${field}`);
  const marks = [...fields.keys()].filter(isMark);
  const gone = [...ours, ...marks].filter((path) => fields.has(path) && !desired.has(path));
  return { desired, changed, gone };
}

/** If calicoctl keeps the metadata in an annotation, our marks are only there. */
function desiredFields(
  marked: CalicoResource,
  current: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, unknown> {
  const all = flatFields(marked);
  const moved = current.get(movedPath);
  if (typeof moved !== 'string') return all;
  const { labels, annotations } = marksOf(all);
  const written = withMoved({ [movedAnnotation]: moved }, (known) => ({
    labels: { ...known.labels, ...labels },
    annotations: { ...known.annotations, ...annotations },
  }));
  const others = [...all].filter(([path]) => !isMark(path));
  return new Map([...others, [movedPath, written[movedAnnotation]]]);
}

function marksOf(fields: ReadonlyMap<string, unknown>): {
  readonly labels: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<Record<string, unknown>>;
} {
  const below = (prefix: string): Readonly<Record<string, unknown>> =>
    Object.fromEntries(
      [...fields].flatMap(([path, value]) =>
        isMark(path) && path.startsWith(prefix) ? [[path.slice(prefix.length), value]] : [],
      ),
    );
  return { labels: below('metadata.labels.'), annotations: below('metadata.annotations.') };
}

function isMark(path: string): boolean {
  return (
    path === `metadata.labels.${managedByLabel}` ||
    path.startsWith('metadata.annotations.calico-agent/')
  );
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
