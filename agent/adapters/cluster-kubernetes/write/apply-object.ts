/**
 * Writes one object. What was there before is written into an annotation first, or in the same request: a
 * process that is killed half-way leaves an object that can go on, and go back.
 */
import { isMap, textAt, textMapAt, type PlainMap } from '../../../../core/input/plain-data.ts';
import type {
  ClusterChange,
  ObjectWrite,
} from '../../../../core/platform/cluster/cluster-change.ts';
import { editObject } from '../../../../core/platform/cluster/edit-object.ts';
import { mergePatch } from '../../../../core/platform/cluster/object-difference.ts';
import { refText, type ObjectRef } from '../../../../core/platform/cluster/object-ref.ts';
import {
  createdMark,
  editedLabel,
  rollingOutAnnotation,
  undoAnnotation,
  writeUndo,
} from '../../../../core/platform/cluster/undo-annotation.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { ApiRefusal } from '../../../../runtime/kubernetes/api-refusal.ts';
import { fieldManager, objectPath, type Reader } from '../reader.ts';

type ApplyChange = Extract<ClusterChange, { readonly action: 'apply-object' }>;
type DeleteChange = Extract<ClusterChange, { readonly action: 'delete-object' }>;

export interface WriteOptions {
  /** The server does everything except storing it. */
  readonly dryRun: boolean;
}

export async function applyObject(
  reader: Reader,
  change: ApplyChange,
  options: WriteOptions,
): Promise<void> {
  const { object, version, write } = change;
  if (write === undefined) throw new AppError('internal', 'a plan that is shown cannot be applied');
  const { content, edits, undo } = write;
  const current = await reader.object(object);
  if (textAt(current, 'metadata', 'resourceVersion') !== version) throw changedMeanwhile(object);
  if (!isMap(current)) return createObject(reader, object, write, options);
  const marks = { object, undo, isRollout: write.isRollout === true };
  const patch = (from: PlainMap, fields: ObjectWrite['edits']): Promise<void> =>
    patchObject(reader, marks, from, fields, options);
  // Without a whole object everything goes into one request, so that the pods are replaced once.
  if (content === undefined) return patch(current, edits);
  await patch(current, []);
  // Server-side apply takes away what the same manager applied before, and so the mark of an object that we made.
  const whole = isMadeByUs(current) ? withMarks(content, createdMark, false) : content;
  await applyContent(reader, object, whole, options);
  if (edits.length === 0) return;
  const applied = options.dryRun ? current : await reader.object(object);
  if (isMap(applied)) await patch(applied, edits);
}

async function createObject(
  reader: Reader,
  object: ObjectRef,
  { content, edits }: ObjectWrite,
  options: WriteOptions,
): Promise<void> {
  if (content === undefined) {
    throw new AppError(
      'datastore-failed',
      `cannot change ${refText(object)}: the cluster has none`,
      {
        retryable: true,
      },
    );
  }
  const edited = editObject(withMarks(content, createdMark, false), edits);
  if (!edited.ok) throw refused(object, edited.why);
  await applyContent(reader, object, edited.object, options);
}

/** Server-side apply. The plan has shown the fields that it takes from other managers. */
async function applyContent(
  reader: Reader,
  object: ObjectRef,
  content: PlainMap,
  { dryRun }: WriteOptions,
): Promise<unknown> {
  return reader
    .send({
      what: `apply ${refText(object)}`,
      method: 'PATCH',
      path: objectPath(object),
      query: { fieldManager, force: true, ...(dryRun && { dryRun: 'All' }) },
      contentType: 'application/apply-patch+yaml',
      body: content,
      isFromConfig: true,
    })
    .catch((error: unknown) => throwVerdict(object, error));
}

interface Marks extends Pick<ObjectWrite, 'undo'> {
  readonly object: ObjectRef;
  /** The template of pods changes. */
  readonly isRollout: boolean;
}

/** Fields and our marks in one request; the server refuses it where somebody wrote meanwhile. */
export async function patchObject(
  reader: Reader,
  { object, undo, isRollout }: Marks,
  current: PlainMap,
  edits: ObjectWrite['edits'],
  { dryRun }: WriteOptions,
): Promise<void> {
  const edited = editObject(current, edits);
  if (!edited.ok) throw refused(object, edited.why);
  const mark = isMadeByUs(current) ? createdMark : writeUndo(undo);
  const isRolling = isRollout || isRollingOut(current);
  const wanted = withMarks(edited.object, mark, isRolling);
  await sendPatch(reader, object, current, wanted, { dryRun });
}

async function sendPatch(
  reader: Reader,
  object: ObjectRef,
  current: PlainMap,
  wanted: PlainMap,
  { dryRun }: WriteOptions,
): Promise<void> {
  const patch = mergePatch(current, wanted);
  if (Object.keys(patch).length === 0) return;
  const resourceVersion = textAt(current, 'metadata', 'resourceVersion');
  const metadata = { ...(isMap(patch['metadata']) && patch['metadata']), resourceVersion };
  await reader
    .send({
      what: `change ${refText(object)}`,
      method: 'PATCH',
      path: objectPath(object),
      query: { fieldManager, fieldValidation: 'Strict', ...(dryRun && { dryRun: 'All' }) },
      contentType: 'application/merge-patch+json',
      body: { ...patch, metadata },
      isFromConfig: true,
    })
    .catch((error: unknown) => throwVerdict(object, error));
}

function isMadeByUs(current: PlainMap): boolean {
  return textMapAt(current, 'metadata', 'annotations')[undoAnnotation] === createdMark;
}

function isRollingOut(current: PlainMap): boolean {
  return textMapAt(current, 'metadata', 'annotations')[rollingOutAnnotation] !== undefined;
}

/** All pods are new. Without it and without an undo, nothing of ours is left in the object. */
export async function endRollout(
  reader: Reader,
  workload: ObjectRef,
  options: WriteOptions,
): Promise<void> {
  const current = await reader.object(workload);
  if (!isMap(current) || !isRollingOut(current)) return;
  const mark = textMapAt(current, 'metadata', 'annotations')[undoAnnotation];
  await sendPatch(reader, workload, current, withMarks(current, mark, false), options);
}

/** @param mark undefined: no undo. @param isRolling agents wait for its pods */
function withMarks(object: PlainMap, mark: string | undefined, isRolling: boolean): PlainMap {
  const metadata = isMap(object['metadata']) ? object['metadata'] : {};
  const {
    [undoAnnotation]: _undo,
    [rollingOutAnnotation]: _rolling,
    ...annotations
  } = textMapAt(metadata, 'annotations');
  const { [editedLabel]: _edited, ...labels } = textMapAt(metadata, 'labels');
  const isOurs = mark !== undefined || isRolling;
  const marked = {
    annotations: {
      ...annotations,
      ...(mark !== undefined && { [undoAnnotation]: mark }),
      ...(isRolling && { [rollingOutAnnotation]: 'true' }),
    },
    labels: { ...labels, ...(isOurs && { [editedLabel]: 'true' }) },
  };
  return { ...object, metadata: { ...metadata, ...marked } };
}

export async function deleteObject(
  reader: Reader,
  { object, version }: DeleteChange,
  { dryRun }: WriteOptions,
): Promise<void> {
  try {
    await reader.send({
      what: `delete ${refText(object)}`,
      method: 'DELETE',
      path: objectPath(object),
      query: dryRun ? { dryRun: 'All' } : {},
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { resourceVersion: version },
        propagationPolicy: 'Background',
      },
    });
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 404) return;
    throwVerdict(object, error);
  }
}

function throwVerdict(object: ObjectRef, error: unknown): never {
  if (!(error instanceof ApiRefusal)) throw error;
  if (error.status === 409) throw changedMeanwhile(object);
  if (error.retryable) throw error;
  throw new AppError('invalid-config', error.message, { cause: error });
}

function changedMeanwhile(object: ObjectRef): AppError {
  const message = `cannot change ${refText(object)}: somebody changed it meanwhile`;
  return new AppError('datastore-conflict', message, { retryable: true });
}

function refused(object: ObjectRef, why: string): AppError {
  return new AppError('invalid-config', `cannot change ${refText(object)}: ${why}`);
}
