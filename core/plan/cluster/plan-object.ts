/** The change of one object, with what puts it back later. */
import { isMap, type PlainMap } from '../../input/plain-data.ts';
import { hasErrors, type Issue } from '../../issue.ts';
import { nameSome } from '../../name-some.ts';
import type { ClusterChange } from '../../platform/cluster/cluster-change.ts';
import { pathText, type FieldPath, type ObjectEdit } from '../../platform/cluster/cluster-edit.ts';
import { changeText } from '../../platform/cluster/change-text.ts';
import { editObject, fieldAt, type FieldEdit } from '../../platform/cluster/edit-object.ts';
import {
  isSameValue,
  objectDifference,
  type FieldDifference,
} from '../../platform/cluster/object-difference.ts';
import { isOfMetalLb, refText, type ObjectRef } from '../../platform/cluster/object-ref.ts';
import type { FieldOfManager, ObservedObject } from '../../platform/cluster/observed-cluster.ts';
import { longestUndo, writeUndo, type UndoEdit } from '../../platform/cluster/undo-annotation.ts';
import { wholeContent } from '../../platform/cluster/whole-content.ts';
import type { Reason } from '../../resolve/resolution.ts';
import { clusterIssue } from './cluster-issue.ts';
import { askedFields, missingIssue, ownerIssues } from './workload-fields.ts';

export interface ObjectPlan {
  readonly changes: readonly ClusterChange[];
  readonly issues: readonly Issue[];
  /** The cluster does not have the object, and a field of it is asked for. */
  readonly missing?: ObjectRef;
}

const scope = { kind: 'cluster' } as const;
const nothing: ObjectPlan = { changes: [], issues: [] };

/** @param edits those of this object; none: it goes back to what it was */
export function planObject(edits: readonly ObjectEdit[], observed: ObservedObject): ObjectPlan {
  const { object, version } = observed;
  const absent = edits.find(({ form }) => form === 'absent');
  if (absent !== undefined || (edits.length === 0 && observed.undo.state === 'created')) {
    if (version === undefined) return nothing;
    const why =
      absent?.reasons[0]?.rule ?? 'calico-agent made it, and no revision asks for it any more';
    return { changes: [{ action: 'delete-object', scope, object, version, why }], issues: [] };
  }
  const isThere = observed.before !== undefined || observed.applied !== undefined;
  if (!isThere && observed.refused === undefined) {
    const isNeeded = edits.some((edit) => edit.optional !== true && !('ifPresent' in edit));
    if (!isNeeded) return nothing;
    return { changes: [], issues: missingIssue(edits, refText(object)), missing: object };
  }
  const obstacles = obstaclesOf(edits, observed);
  if (obstacles.length > 0) return { changes: [], issues: obstacles };
  const ofOwner = ownerIssues(edits, observed);
  if (hasErrors(ofOwner)) return { changes: [], issues: ofOwner };
  const { changes, issues } = changeOf(edits, observed);
  return { changes, issues: [...(changes.length === 0 ? [] : ofOwner), ...issues] };
}

function obstaclesOf(edits: readonly ObjectEdit[], observed: ObservedObject): readonly Issue[] {
  const { object, refused, conflicts, undo } = observed;
  const about = edits[0] ?? { reasons: [] };
  if (refused !== undefined) {
    const hint =
      /\boverlaps?\b/u.test(refused) && object.kind === 'IPAddressPool' ? rangeMoves : undefined;
    return [clusterIssue(about, 'server-refuses', refused, hint)];
  }
  if (undo.state === 'unreadable') return [undoUnreadable(object, about)];
  // The agent corrects its own objects of MetalLB, as it does Calico's.
  if (undo.state === 'created' && isOfMetalLb(object.kind)) return [];
  const foreign = conflicts.filter(({ managers }) => !managers.some(isInstaller));
  return foreign.length === 0 ? [] : [fieldConflict(object, foreign, about)];
}

/** MetalLB's webhook compares a pool with all others as they are at this moment. */
const rangeMoves =
  'if the range moves from one pool to another, apply first a revision in which no pool has it; Services lose its addresses until the next revision';

/** Programs that install a platform, and whose values the configuration is meant to replace. */
const installers = [
  /^kubectl-client-side-apply$/,
  /^kubectl$/,
  /^kubectl-create$/,
  /^kubectl-patch$/,
  /^before-first-apply$/,
  // K3s' deploy controller has the node's name behind it.
  /^deploy@/,
  /^helm$/,
];

function isInstaller(manager: string): boolean {
  return installers.some((form) => form.test(manager));
}

function changeOf(edits: readonly ObjectEdit[], seen: ObservedObject): ObjectPlan {
  const { object, before, applied = before, version } = seen;
  if (applied === undefined) return nothing;
  const about = edits[0] ?? { reasons: [] };
  const content = wholeContent(edits);
  const texts = edits.flatMap((edit) => (edit.form === 'text' ? [edit] : []));
  const replaced = texts.map(({ path, change: how }) => ({
    path,
    value: changeText(fieldAt(applied, path), how),
  }));
  const stuck = replaced.find(({ value }) => value === undefined);
  if (stuck !== undefined) return { changes: [], issues: [noPlace(object, stuck.path, about)] };
  const { fields, undo: known, issues } = askedFields(edits, seen, applied);
  if (hasErrors(issues)) return { changes: [], issues };
  const asked: readonly FieldEdit[] = [...fields, ...replaced];
  const back = fieldsToPutBack({ ...seen, undo: known }, content, asked);
  const edited = editObject(applied, [...back.edits, ...asked]);
  if (!edited.ok) {
    const message = `cannot change ${refText(object)}: ${edited.why}`;
    return { changes: [], issues: [clusterIssue(about, 'cluster-field-missing', message)] };
  }
  const found = objectDifference(before ?? {}, edited.object);
  if (found.length === 0 && back.edits.length === 0 && back.left.length === 0 && back.isWhole) {
    return nothing;
  }
  if (version !== undefined && found.length === 0 && back.isWhole) return nothing;
  const undo =
    object.kind === 'CustomResourceDefinition' ? [] : undoOf(back.left, found, back.edits);
  if ((writeUndo(undo)?.length ?? 0) > longestUndo) {
    return { changes: [], issues: [tooLargeUndo(object, about)] };
  }
  const change: ClusterChange = {
    action: 'apply-object',
    scope,
    object,
    ...(version !== undefined && { version }),
    write: {
      ...(content !== undefined && { content }),
      edits: [...back.edits, ...asked],
      undo,
      ...(version !== undefined && found.some(isOfTemplate) && { isRollout: true }),
    },
    fields: found.map((one) => ({
      path: pathText(one.path),
      before: one.before,
      after: one.after,
      reasons: reasonsOf(one.path, edits),
    })),
  };
  return {
    changes: [change],
    issues: [...issues, ...(back.taken.length === 0 ? [] : [leftToYou(object, back.taken, about)])],
  };
}

/** Its controller then makes all pods anew. */
function isOfTemplate({ path }: FieldDifference): boolean {
  return path[0] === 'spec' && path[1] === 'template';
}

interface PutBack {
  readonly edits: readonly FieldEdit[];
  /** The edits that are still to be put back later. */
  readonly left: readonly UndoEdit[];
  /** Everything of the object's undo stays. */
  readonly isWhole: boolean;
  /** The fields that somebody gave another value since: they stay, and are no part of the undo any more. */
  readonly taken: readonly FieldPath[];
}

/** The fields that earlier edits changed and no edit asks for now. One that somebody changed since stays. */
function fieldsToPutBack(
  { undo, before }: ObservedObject,
  content: PlainMap | undefined,
  fields: readonly { readonly path: FieldPath }[],
): PutBack {
  if (undo.state !== 'edits') return { edits: [], left: [], isWhole: true, taken: [] };
  const isAsked = ({ path }: UndoEdit): boolean =>
    fields.some((field) => isWithin(path, field.path) || isWithin(field.path, path)) ||
    fieldAt(content, path) !== undefined;
  const left = undo.undo.filter(isAsked);
  const dropped = undo.undo.filter((one) => !isAsked(one));
  const isNow = (path: FieldPath, value: unknown): boolean =>
    isSameValue(fieldAt(before, path), value);
  const back = dropped.filter((one) => isNow(one.path, one.after));
  const taken = dropped.filter(
    (one) => !isNow(one.path, one.after) && !isNow(one.path, one.before),
  );
  return {
    taken: taken.map(({ path }) => path),
    edits: back.map((one) => ({ path: one.path, value: one.before })),
    left,
    isWhole: left.length === undo.undo.length,
  };
}

/** A field that was changed before goes back to its first value. */
function undoOf(
  known: readonly UndoEdit[],
  found: readonly FieldDifference[],
  back: readonly FieldEdit[],
): readonly UndoEdit[] {
  const isBack = ({ path }: FieldDifference): boolean =>
    back.some((one) => isWithin(path, one.path));
  const changed = found.filter((one) => !isBack(one));
  const first = (path: FieldPath, before: unknown): unknown => {
    const one = known.find((edit) => isSamePath(edit.path, path));
    return one === undefined ? before : one.before;
  };
  const renewed = changed.map(({ path, before, after }): UndoEdit =>
    undoEdit(path, first(path, before), after),
  );
  const untouched = known.filter(({ path }) => !changed.some((one) => isSamePath(one.path, path)));
  return [...untouched, ...renewed].filter(({ before, after }) => !isSameValue(before, after));
}

function undoEdit(path: FieldPath, before: unknown, after: unknown): UndoEdit {
  return { path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}

function reasonsOf(path: FieldPath, edits: readonly ObjectEdit[]): readonly Reason[] {
  const exact = edits.filter(
    (edit) =>
      (edit.form === 'field' || edit.form === 'text' || edit.form === 'image') &&
      (isWithin(path, edit.path) || isWithin(edit.path, path)),
  );
  return (exact.length > 0 ? exact : edits.filter(({ form }) => form === 'object')).flatMap(
    ({ reasons }) => reasons,
  );
}

function isWithin(inner: FieldPath, outer: FieldPath): boolean {
  return outer.every((part, index) => isSamePart(part, inner[index]));
}

function isSamePath(one: FieldPath, other: FieldPath): boolean {
  return one.length === other.length && isWithin(one, other);
}

function isSamePart(one: unknown, other: unknown): boolean {
  return isMap(one) && isMap(other)
    ? one['named'] === other['named'] && one['item'] === other['item']
    : one === other;
}

function fieldConflict(
  object: ObjectRef,
  conflicts: readonly FieldOfManager[],
  about: Pick<ObjectEdit, 'reasons'>,
): Issue {
  const named = conflicts.map(
    ({ path, managers }) =>
      `${path} (${managers.length === 0 ? 'not known' : managers.join(', ')})`,
  );
  const message = `others set these fields of ${refText(object)} to other values: ${nameSome(named)}`;
  const hint = isOfMetalLb(object.kind)
    ? 'put their values into the section metallb:, or give the object another name there, or delete the other object, then plan again'
    : 'put their values into the manifest, or remove the fields from the object, then plan again';
  return clusterIssue(about, 'field-conflict', message, hint);
}

/** A warning: a person may have written the text another way. */
function noPlace(object: ObjectRef, path: FieldPath, about: Pick<ObjectEdit, 'reasons'>): Issue {
  const message = `cannot change ${pathText(path)} of ${refText(object)}: its text is not as Calico's manifest has it`;
  const hint = 'change it by hand';
  return { ...clusterIssue(about, 'cluster-text-foreign', message, hint), severity: 'warning' };
}

function leftToYou(
  object: ObjectRef,
  taken: readonly FieldPath[],
  about: Pick<ObjectEdit, 'reasons'>,
): Issue {
  const fields = nameSome(taken.map(pathText));
  const message = `somebody changed fields of ${refText(object)} that the agent had changed: ${fields}: the agent leaves them as they are, and does not manage them any more`;
  return { ...clusterIssue(about, 'cluster-left-to-you', message), severity: 'warning' };
}

function undoUnreadable(object: ObjectRef, about: Pick<ObjectEdit, 'reasons'>): Issue {
  const message = `the annotation calico-agent/undo of ${refText(object)} cannot be read, so its changes could not be taken back`;
  const hint = 'put the fields of the object back by hand, and remove the annotation';
  return clusterIssue(about, 'cluster-undo-unreadable', message, hint);
}

function tooLargeUndo(object: ObjectRef, about: Pick<ObjectEdit, 'reasons'>): Issue {
  const message = `the previous content of ${refText(object)} is too large to be kept for the way back`;
  return clusterIssue(about, 'cluster-undo-too-large', message);
}
