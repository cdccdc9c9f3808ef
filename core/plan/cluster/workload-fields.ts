/** The fields that edits ask for, once the object is known: images depend on the one that runs. */
import { askedImage } from '../../config/images/asked-image.ts';
import { ownerOf, reappliedBy } from '../../platform/images/owner.ts';
import { isSameImage, parseReference } from '../../config/images/reference.ts';
import { versionOfTag } from '../../config/images/version.ts';
import type { Issue } from '../../issue.ts';
import type { FieldPath, ObjectEdit } from '../../platform/cluster/cluster-edit.ts';
import { pathText } from '../../platform/cluster/cluster-edit.ts';
import { fieldAt, missingContainer, type FieldEdit } from '../../platform/cluster/edit-object.ts';
import { isSameValue } from '../../platform/cluster/object-difference.ts';
import { refText } from '../../platform/cluster/object-ref.ts';
import type { ObservedObject } from '../../platform/cluster/observed-cluster.ts';
import type { UndoEdit } from '../../platform/cluster/undo-annotation.ts';
import { printable } from '../../printable.ts';
import { clusterIssue } from './cluster-issue.ts';

export interface AskedFields {
  readonly fields: readonly FieldEdit[];
  /** What is kept for the way back, without images that somebody replaced since. */
  readonly undo: ObservedObject['undo'];
  readonly issues: readonly Issue[];
}

type ImageEdit = Extract<ObjectEdit, { readonly form: 'image' }>;

/** @param now the object, with whole-object edits applied */
export function askedFields(
  edits: readonly ObjectEdit[],
  { object, undo }: ObservedObject,
  now: unknown,
): AskedFields {
  const issues: Issue[] = [];
  const known = undo.state === 'edits' ? undo.undo : [];
  let left = known;
  const fields = edits.flatMap((edit): readonly FieldEdit[] => {
    if (edit.form !== 'field' && edit.form !== 'image') return [];
    const { path, ifPresent } = edit;
    const isMissing = missingContainer(now, path) !== undefined;
    if (isMissing && ifPresent === true) return [];
    if (edit.form === 'field') return [{ path, value: edit.value }];
    if (isMissing) return [{ path, value: '' }];
    const running = fieldAt(now, path);
    const before = known.find((one) => isSamePath(one.path, path));
    // A manifest that was applied since has brought an image of its own: the way back is to that one.
    const isOurs = before !== undefined && isSameValue(before.after, running);
    if (before !== undefined && !isOurs) left = left.filter((one) => one !== before);
    const first = isOurs ? before.before : running;
    const image = askedImage(edit.wish, typeof first === 'string' ? first : undefined);
    if (image === undefined) {
      issues.push(unreadable(edit, first, refText(object)));
      return [];
    }
    issues.push(...jumpIssues(edit, running, image));
    return [{ path, value: isSameText(running, image) ? running : image }];
  });
  return { fields, issues, undo: withUndo(undo, left) };
}

function withUndo(undo: ObservedObject['undo'], left: readonly UndoEdit[]): ObservedObject['undo'] {
  return undo.state === 'edits' ? { state: 'edits', undo: left } : undo;
}

function isSamePath(one: FieldPath, other: FieldPath): boolean {
  return pathText(one) === pathText(other);
}

function isSameText(running: unknown, image: string): boolean {
  if (typeof running !== 'string') return false;
  const [one, other] = [parseReference(running), parseReference(image)];
  return one.ok && other.ok && isSameImage(one.value, other.value);
}

function unreadable(edit: ImageEdit, running: unknown, object: string): Issue {
  const shown = typeof running === 'string' ? `"${printable(running.slice(0, 128))}"` : 'absent';
  const message = `cannot change ${pathText(edit.path)} of ${object}: the image that runs is ${shown}, and no reference`;
  return clusterIssue(
    edit,
    'image-unreadable',
    message,
    'name the whole image in the section images',
  );
}

/** Another minor release has other roles and CustomResourceDefinitions, which no image brings along. */
function jumpIssues(edit: ImageEdit, running: unknown, image: string): readonly Issue[] {
  if (typeof running !== 'string') return [];
  const [now, next] = [versionOf(running), versionOf(image)];
  if (now === undefined || next === undefined) return [];
  if (now.major === next.major && now.minor === next.minor) return [];
  const message = `${pathText(edit.path.slice(-2))} goes from ${now.text} to ${next.text}: only the image changes, and not the roles and CustomResourceDefinitions of that release`;
  const hint = 'apply the manifest of that release first; then the images follow it';
  return [{ ...clusterIssue(edit, 'images-other-release', message, hint), severity: 'warning' }];
}

function versionOf(text: string): ReturnType<typeof versionOfTag> {
  const parsed = parseReference(text);
  return parsed.ok ? versionOfTag(parsed.value.tag) : undefined;
}

/** Where another program would take the change back, or later replaces it. */
export function ownerIssues(
  edits: readonly ObjectEdit[],
  { object, before }: ObservedObject,
): readonly Issue[] {
  const edit = edits.find((one) => 'unlessOwned' in one);
  if (edit === undefined) return [];
  const found = ownerOf(before);
  if (found !== undefined) {
    const message = `cannot change the images of ${refText(object)}: ${found.name} keeps it (${found.sign}), and would take the change back`;
    return [clusterIssue(edit, 'images-other-owner', message, `write installedBy: ${found.owner}`)];
  }
  const by = reappliedBy(before);
  if (by === undefined) return [];
  const message = `${by} applies its manifest of ${refText(object)} again when that changes: then the images of the manifest are back until the next pass`;
  const hint = 'write the images into that manifest as well';
  return [{ ...clusterIssue(edit, 'images-reapplied', message, hint), severity: 'warning' }];
}

/** Calico may be installed in another way, and then somewhere else. */
export function missingIssue(edits: readonly ObjectEdit[], object: string): readonly Issue[] {
  const edit = edits.find((one) => 'unlessOwned' in one);
  if (edit === undefined) return [];
  const message = `the cluster has no ${object}, so that no image changes`;
  const hint =
    "look for the DaemonSet calico-node in all namespaces: in calico-system the Tigera operator keeps it (installedBy: operator); where there is none, Juju's charm runs it as a service (installedBy: charm)";
  return [{ ...clusterIssue(edit, 'images-no-workload', message, hint), severity: 'warning' }];
}
