/** Reads the objects that edits are about, as they are and as the server would make them. */
import { isMap, textAt, textMapAt, type PlainMap } from '../../../core/input/plain-data.ts';
import type { ClusterEdit, ObjectEdit } from '../../../core/platform/cluster/cluster-edit.ts';
import {
  isObjectKind,
  isSameRef,
  objectKinds,
  refText,
  type ObjectKind,
  type ObjectRef,
} from '../../../core/platform/cluster/object-ref.ts';
import type {
  ObservedCluster,
  ObservedObject,
  Workload,
} from '../../../core/platform/cluster/observed-cluster.ts';
import {
  editedLabel,
  readUndo,
  rollingOutAnnotation,
  undoAnnotation,
} from '../../../core/platform/cluster/undo-annotation.ts';
import { wholeContent } from '../../../core/platform/cluster/whole-content.ts';
import { RightRefused } from '../../../runtime/kubernetes/right-refused.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import { forEachAtMost } from '../../../runtime/pacing/limit.ts';
import { managersOf } from './managers-of-field.ts';
import { collectionPath, fieldManager, objectPath, type Reader } from './reader.ts';
import { podsOutside } from './read/pods.ts';
import { readPullSecret } from './read/pull-secret.ts';
import { workloadOf } from './read/workloads.ts';

const atOnce = 4;

export async function observeEdits(
  reader: Reader,
  edits: readonly ClusterEdit[],
  search: boolean,
): Promise<ObservedCluster> {
  const ofObjects = edits.filter((edit): edit is ObjectEdit => 'object' in edit);
  const known = search ? await editedRefs(reader) : [];
  const asked = edits.flatMap((edit) =>
    edit.form === 'rollout' || edit.form === 'awaited' ? [edit.workload] : [],
  );
  const refs = distinct([...ofObjects.map(({ object }) => object), ...known, ...asked]);
  const found = new Map<ObjectRef, ObservedObject>();
  const workloads = new Map<ObjectRef, Workload>();
  await forEachAtMost(atOnce, refs, async (object) => {
    const content = wholeContent(ofObjects.filter((edit) => isSameRef(edit.object, object)));
    const isMade = ofObjects.some(
      (edit) =>
        edit.form === 'object' &&
        edit.object.kind === 'Namespace' &&
        edit.object.name === object.namespace,
    );
    const current = await reader.object(object);
    const workload = workloadOf(object, current);
    if (workload !== undefined) workloads.set(object, workload);
    found.set(object, await observeObject(reader, { object, current, content, isMade }));
  });
  const stray = await Promise.all(
    edits.flatMap((edit) =>
      edit.form === 'recreate-pods' ? [podsOutside(reader, edit.cidrs)] : [],
    ),
  );
  const pullSecrets = await Promise.all(
    edits.flatMap((edit) =>
      edit.form === 'pull-secret' ? [readPullSecret(reader, edit.namespace, edit.name)] : [],
    ),
  );
  return {
    ...(pullSecrets.length > 0 && { pullSecrets }),
    // In the order of the edits: pods read a ConfigMap when their DaemonSet changes.
    objects: refs.flatMap((ref) => found.get(ref) ?? []),
    workloads: refs.flatMap((ref) => workloads.get(ref) ?? []),
    strayPods: stray.flat(),
  };
}

function distinct(refs: readonly ObjectRef[]): readonly ObjectRef[] {
  return refs.filter((ref, index) => refs.findIndex((one) => isSameRef(one, ref)) === index);
}

/** These are never taken back: what others have put into them would be lost. */
const staying: ReadonlySet<ObjectKind> = new Set(['Namespace', 'CustomResourceDefinition']);

/**
 * The objects with our label, kind by kind as in objectKinds, and by their names. A user who may not list a kind made
 * nothing of it.
 * @throws AppError where no kind at all may be listed, or the server does not answer
 */
async function editedRefs(reader: Reader): Promise<readonly ObjectRef[]> {
  const kinds = Object.keys(objectKinds)
    .filter(isObjectKind)
    .filter((kind) => !staying.has(kind));
  const found = new Map<ObjectKind, readonly ObjectRef[]>();
  const refusals: RightRefused[] = [];
  await forEachAtMost(atOnce, kinds, async (kind) => {
    try {
      found.set(kind, await editedOfKind(reader, kind));
    } catch (error) {
      if (!(error instanceof RightRefused)) throw error;
      refusals.push(error);
    }
  });
  const [refusal] = refusals;
  if (refusal !== undefined && refusals.length === kinds.length) throw refusal;
  return kinds.flatMap((kind) => found.get(kind)?.toSorted(byName) ?? []);
}

function byName(one: ObjectRef, other: ObjectRef): number {
  return refText(one) < refText(other) ? -1 : 1;
}

/** None where the server has no such kind. */
async function editedOfKind(reader: Reader, kind: ObjectKind): Promise<readonly ObjectRef[]> {
  const { isNamespaced } = objectKinds[kind];
  const found = await reader.listOptional(
    `list the objects of kind ${kind} that calico-agent changed`,
    collectionPath(kind, undefined),
    (item): ObjectRef | undefined => {
      const [namespace, name] = [
        textAt(item, 'metadata', 'namespace'),
        textAt(item, 'metadata', 'name'),
      ];
      if (name === undefined) return undefined;
      if (!isNamespaced) return { kind, name };
      return namespace === undefined ? undefined : { kind, namespace, name };
    },
    { labelSelector: editedLabel },
  );
  return found ?? [];
}

interface ReadObject {
  readonly object: ObjectRef;
  readonly current: unknown;
  readonly content: PlainMap | undefined;
  /** An edit makes its namespace. */
  readonly isMade: boolean;
}

async function observeObject(
  reader: Reader,
  { object, current, content, isMade }: ReadObject,
): Promise<ObservedObject> {
  const annotations = textMapAt(current, 'metadata', 'annotations');
  const version = textAt(current, 'metadata', 'resourceVersion');
  const base = {
    object,
    ...(isMap(current) && { before: withoutServerFields(current) }),
    ...(version !== undefined && { version }),
    undo: readUndo(annotations[undoAnnotation]),
    ...(annotations[rollingOutAnnotation] !== undefined && { isRollingOut: true as const }),
  };
  if (content === undefined) return { ...base, conflicts: [] };
  try {
    const conflicts = await conflictsOf(reader, object, content, current);
    const applied = await dryRun(reader, object, content, true);
    return { ...base, conflicts, ...(isMap(applied) && { applied: withoutServerFields(applied) }) };
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    // Another program makes the kind or the namespace, or an earlier change of this plan does.
    if (error.status === 404)
      return { ...base, conflicts: [], ...(isMade && { applied: content }) };
    if (!(await isVerdict(reader, object, content, error))) throw error;
    return { ...base, conflicts: [], refused: error.message };
  }
}

/**
 * Server-side apply answers 500 to a field that the schema does not have, and also where its etcd is away: a strict
 * dry run of the same object as a new one tells them apart.
 */
async function isVerdict(
  reader: Reader,
  { kind, namespace, name }: ObjectRef,
  content: PlainMap,
  { status, isByWebhook }: ApiRefusal,
): Promise<boolean> {
  if (status !== 500) return isByWebhook || [400, 413, 422].includes(status);
  try {
    await reader.send({
      what: `check ${kind} "${name}"`,
      method: 'POST',
      path: collectionPath(kind, namespace),
      query: { fieldManager, fieldValidation: 'Strict', dryRun: 'All' },
      body: content,
      isFromConfig: true,
    });
    return false;
  } catch (error) {
    return (
      error instanceof ApiRefusal && (error.isByWebhook || [400, 413, 422].includes(error.status))
    );
  }
}

async function conflictsOf(
  reader: Reader,
  object: ObjectRef,
  content: PlainMap,
  current: unknown,
): Promise<ObservedObject['conflicts']> {
  try {
    await dryRun(reader, object, content, false);
    return [];
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.status !== 409) throw error;
    return error.causes
      .filter(({ reason }) => reason === 'FieldManagerConflict')
      .map(({ field }) => ({ path: field, managers: managersOf(current, field) }));
  }
}

function dryRun(
  reader: Reader,
  object: ObjectRef,
  content: PlainMap,
  force: boolean,
): Promise<unknown> {
  return reader.send({
    what: `try to apply ${object.kind} "${object.name}"`,
    method: 'PATCH',
    path: objectPath(object),
    query: { fieldManager, force, dryRun: 'All' },
    contentType: 'application/apply-patch+yaml',
    body: content,
    isFromConfig: true,
  });
}

const serverFields: ReadonlySet<string> = new Set([
  'managedFields',
  'resourceVersion',
  'uid',
  'generation',
  'creationTimestamp',
  'selfLink',
]);
const serverAnnotations: ReadonlySet<string> = new Set([
  undoAnnotation,
  rollingOutAnnotation,
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.daemonset.template.generation',
  'deployment.kubernetes.io/revision',
]);

/** Without the fields that the server sets, and without our own marks. */
function withoutServerFields(object: PlainMap): PlainMap {
  const { status: _, metadata, ...rest } = object;
  const { annotations, labels, ...others } = isMap(metadata) ? metadata : {};
  const kept = Object.entries(others).filter(([key]) => !serverFields.has(key));
  return {
    ...rest,
    metadata: {
      ...Object.fromEntries(kept),
      ...nonEmpty('annotations', annotations, (name) => !serverAnnotations.has(name)),
      ...nonEmpty('labels', labels, (name) => name !== editedLabel),
    },
  };
}

function nonEmpty(key: string, value: unknown, isKept: (name: string) => boolean): PlainMap {
  const entries = Object.entries(isMap(value) ? value : {}).filter(([name]) => isKept(name));
  return entries.length === 0 ? {} : { [key]: Object.fromEntries(entries) };
}
