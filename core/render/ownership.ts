/**
 * The marks of our objects in a datastore: a label, and annotations with the owner and the
 * revision.
 */
import type { CalicoResource, Metadata } from '../calico/resource.ts';
import type { RevisionRef } from '../revision/revision.ts';
import type { Scope } from './desired.ts';
import { movedMetadata, withMoved } from './moved-metadata.ts';
import { revisionText } from '../revision/revision-text.ts';

export const managedByLabel = 'app.kubernetes.io/managed-by';
export const managedBy = 'calico-agent';
/** The beginning of all our annotations. */
export const ourPrefix = 'calico-agent/';
const revisionAnnotation = `${ourPrefix}revision`;
export const scopeAnnotation = `${ourPrefix}share`;
export const standsForAnnotation = `${ourPrefix}stands-for`;

export interface Owner {
  readonly scope: Scope;
  readonly lineage: string;
  readonly number: number;
}

/** The resource with our marks; other labels and annotations stay. */
export function stamped<T extends CalicoResource>(
  resource: T,
  scope: Scope,
  { lineage, number }: Pick<RevisionRef, 'lineage' | 'number'>,
): T {
  const { metadata } = resource;
  return {
    ...resource,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [managedByLabel]: managedBy },
      annotations: {
        ...metadata.annotations,
        [revisionAnnotation]: revisionText({ lineage, number }),
        [scopeAnnotation]: scopeText(scope),
      },
    },
  };
}

/** A resource with the marks with which a change stores it. */
export function markedBy(
  change: { readonly resource: CalicoResource; readonly scope: Scope; readonly keepsMarks?: true },
  revision: Pick<RevisionRef, 'lineage' | 'number'>,
): CalicoResource {
  const { resource, scope, keepsMarks } = change;
  return keepsMarks === true ? resource : stamped(resource, scope, revision);
}

/** The resource without our marks, also without those that calicoctl has moved. */
export function released<T extends CalicoResource>(resource: T): T {
  const { labels = {}, annotations = {}, ...rest } = resource.metadata;
  const kept = {
    labels: without(labels, isOurLabel),
    annotations: withMoved(without(annotations, isOurAnnotation), (moved) => ({
      labels: without(moved.labels, isOurLabel),
      annotations: without(moved.annotations, isOurAnnotation),
    })),
  };
  const notEmpty = Object.entries(kept).filter(([, texts]) => Object.keys(texts).length > 0);
  return { ...resource, metadata: { ...rest, ...Object.fromEntries(notEmpty) } };
}

/** The owner; undefined: not ours, or not certainly. Never throws, whatever the metadata has. */
export function ownerOf({ metadata }: { readonly metadata: Metadata }): Owner | undefined {
  const { labels, annotations } = movedMetadata(metadata);
  const label = metadata.labels?.[managedByLabel] ?? labels[managedByLabel];
  const annotation = (name: string): unknown => metadata.annotations?.[name] ?? annotations[name];
  if (label !== managedBy) return undefined;
  const scope = parseScope(annotation(scopeAnnotation));
  const revision = parseRevision(annotation(revisionAnnotation));
  return scope === undefined || revision === undefined ? undefined : { scope, ...revision };
}

/** `cluster`, or `node:<name>`. */
export function scopeText(scope: Scope): string {
  return scope.kind === 'cluster' ? 'cluster' : `node:${scope.node}`;
}

function parseScope(text: unknown): Scope | undefined {
  if (text === 'cluster') return { kind: 'cluster' };
  const node = typeof text === 'string' ? /^node:(.+)$/.exec(text)?.[1] : undefined;
  return node === undefined ? undefined : { kind: 'node', node };
}

function parseRevision(text: unknown): Pick<Owner, 'lineage' | 'number'> | undefined {
  const match = typeof text === 'string' ? /^(.+)#([1-9]\d{0,15})$/.exec(text) : null;
  const [, lineage, number] = match ?? [];
  return lineage === undefined ? undefined : { lineage, number: Number(number) };
}

type Entry = readonly [key: string, value: unknown];

function isOurLabel([key, value]: Entry): boolean {
  return key === managedByLabel && value === managedBy;
}

function isOurAnnotation([key]: Entry): boolean {
  return key.startsWith(ourPrefix);
}

function without<T>(
  texts: Readonly<Record<string, T>>,
  isOurs: (entry: Entry) => boolean,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(texts).filter((entry) => !isOurs(entry)));
}
