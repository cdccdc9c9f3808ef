/**
 * What is sent to create or change an object. A new one is posted whole: server-side apply would
 * join it with one that somebody made meanwhile. A change is a server-side apply of exactly the
 * fields that we set ourselves: what others set and we agree with stays theirs alone.
 *
 * Two things server-side apply cannot do, and a merge patch does: take away a field that somebody
 * else set as well, and change the annotation in which calicoctl keeps an object's metadata.
 */
import { ourFields } from '../../../../core/calico/kinds.ts';
import type { CalicoResource } from '../../../../core/calico/resource.ts';
import { movedAnnotation, withMoved } from '../../../../core/render/moved-metadata.ts';
import { managedByLabel } from '../../../../core/render/ownership.ts';
import { flatFields, nestedFields, type KeptObject } from '../objects/kept-object.ts';
import { otherManagers } from '../objects/managed-fields.ts';

/** Of an object that is there. */
export interface ResourceWrite {
  readonly contentType: 'application/apply-patch+yaml' | 'application/merge-patch+json';
  readonly body: object;
  /** Taking over what others set; only for server-side apply. */
  readonly force: boolean;
}

export interface FieldConflict {
  /** `spec.asNumber`. */
  readonly path: string;
  readonly manager: string;
}

export interface WantedUpdate {
  /** With our marks. */
  readonly marked: CalicoResource;
  readonly apiVersion: string;
  /** It was ours already: whoever changed our fields is overruled. */
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
  // With the uid it cannot make the object anew where it is gone.
  const identity = { name, uid: current.uid, resourceVersion: current.version };
  const body = { apiVersion, kind, ...applied, metadata: { ...applied.metadata, ...identity } };
  // To the server what we posted is another's: `calico-agent` by Update, not by Apply.
  const force = wasOurs || conflictsOf(marked, current).length === 0;
  return { contentType: 'application/apply-patch+yaml', body, force };
}

/** Whether it says all that we want, and nothing of ours that we do not. */
export function saysAlready(marked: CalicoResource, current: KeptObject): boolean {
  const { changed, gone } = differenceOf(marked, current);
  return changed.size === 0 && gone.length === 0;
}

/** Who else set what this update changes. */
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

/** Where calicoctl keeps the metadata in an annotation, our marks are there and nowhere else. */
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
