/** The edits of one node's files: what is desired on what is there, and what is put back. */
import { issueAt } from '../../findings.ts';
import { groupBy } from '../../group-by.ts';
import type { Issue, Place } from '../../issue.ts';
import type { ServiceRule } from '../../platform/desired-platform.ts';
import { applyEdits, type AppliedEdits } from '../../platform/edit/apply-edits.ts';
import type { FileEdit, FileUndo } from '../../platform/edit/file-edit.ts';
import { applyUndo, undoOf, type Undone } from '../../platform/edit/undo.ts';
import { undoFor } from '../../platform/edit/undo-for.ts';
import type { HostFile } from '../../platform/host-file.ts';
import type { FileNote, ObservedPlatform } from '../../platform/observed-platform.ts';
import type { FieldChange, HostChange } from '../plan.ts';
import { diffOf } from './file-diff.ts';

export type FileEditChange = Extract<HostChange, { readonly action: 'edit-file' }>;

interface PlannedFiles {
  readonly changes: readonly FileEditChange[];
  readonly issues: readonly Issue[];
}

export interface AskedFiles {
  readonly files: readonly FileEdit[];
  readonly services: readonly ServiceRule[];
  /** The place of the section, for issues about files that it does not name any more. */
  readonly place: Place;
}

/** In the order of the edits; what is put back comes last. */
export function planFiles(asked: AskedFiles, observed: ObservedPlatform): PlannedFiles {
  const edits = groupBy(asked.files, ({ path }) => path);
  const paths = new Set([...edits.keys(), ...observed.notes.map(({ path }) => path)]);
  const planned = [...paths].map((path) => planFile(path, edits.get(path) ?? [], asked, observed));
  return {
    changes: planned.flatMap(({ change }) => change ?? []),
    issues: planned.flatMap(({ issues }) => issues),
  };
}

interface PlannedFile {
  readonly change?: FileEditChange;
  readonly issues: readonly Issue[];
}

function planFile(
  path: string,
  edits: readonly FileEdit[],
  asked: AskedFiles,
  { files, notes }: ObservedPlatform,
): PlannedFile {
  const place = edits[0]?.reasons[0]?.place ?? asked.place;
  const file = files.find((one) => one.path === path) ?? unread(path);
  if (file.state === 'unreadable') return refused(path, place, file.why);
  const current = file.state === 'text' ? file.text : undefined;
  const note = notes.find((one) => one.path === path);
  const direct = applyEdits(current, edits);
  if (note !== undefined && isSameEdits(note.edits, edits) && isDone(direct, current)) return done;
  const undo = note && undoFor(note, current);
  const base = baseOf(edits, current, note, undo);
  const taken = undo === undefined && current !== undefined ? edits.find(isOursAlone) : undefined;
  if (taken?.form === 'whole' && taken.text !== current) return refused(path, place, foreignFile);
  const applied = applyEdits(base.text, edits);
  if (!applied.ok) return { issues: [faultIssue(path, applied)] };
  const after = applied.text;
  const issues = base.lost > 0 ? [leftToPerson(path, place, base.lost)] : [];
  // The note changes with the edits, also where the file has their values already.
  if (after === current && note === undefined) return { issues };
  const ruled = asked.services
    .filter((one) => one.files.includes(path))
    .map(({ service, why }) => ({ service, why }));
  const restarts = edits.length > 0 ? ruled : (note?.restarts ?? []);
  const content = {
    ...(current !== undefined && { before: current }),
    ...(after !== undefined && { after }),
    ...(edits.length > 0 && { note: { path, edits, undo: undoOf(base.text, after), restarts } }),
    restarts,
  };
  const diff = diffOf(path, current, after).lines;
  const fields = direct.ok ? fieldsOf(direct) : fieldsOf(applied);
  return { change: { action: 'edit-file', path, content, diff, fields }, issues };
}

/**
 * The text that the edits begin from: the first original. A value that somebody changed, and that the
 * configuration still asks for, gets the agent's value first, so that its undo finds its place. One that
 * the configuration does not ask for any more stays, and is counted as lost. What others made of a file
 * of ours alone is no original of it.
 */
function baseOf(
  edits: readonly FileEdit[],
  current: string | undefined,
  note: FileNote | undefined,
  undo: FileUndo | undefined,
): Undone {
  if (undo === undefined) return { ...(current !== undefined && { text: current }), lost: 0 };
  if (undo.kind === 'remove' && edits.some(isOursAlone)) return { lost: 0 };
  const base = applyUndo(current, undo);
  if (base.lost === 0 || note === undefined) return base;
  const kept = note.edits.filter((one) => edits.some((other) => isSamePlace(one, other)));
  const corrected = applyEdits(current, kept);
  return corrected.ok ? applyUndo(corrected.text, undo) : base;
}

function isSamePlace(one: FileEdit, other: FileEdit): boolean {
  if (one.form === 'arguments') return other.form === 'arguments' && one.option === other.option;
  if (one.form === 'whole') return other.form === 'whole';
  const placeOf = ({ document, at }: typeof one): string => JSON.stringify([document, at]);
  return other.form === 'yaml' && placeOf(one) === placeOf(other);
}

const done: PlannedFile = { issues: [] };
const foreignFile = 'a file with this name is there, and the agent did not make it';

function unread(path: string): HostFile {
  return { state: 'unreadable', path, why: 'the agent does not read it' };
}

function refused(path: string, place: Place, why: string): PlannedFile {
  const message = `cannot edit "${path}": ${why}`;
  return { issues: [issueAt(place, 'error', 'platform-file-refused', message)] };
}

function faultIssue(path: string, { edit, fault }: AppliedEdits & { ok: false }): Issue {
  const { code, message, hint, line } = fault;
  const where = line === undefined ? path : `${path}:${String(line)}`;
  const place = edit.reasons[0]?.place ?? { pointer: '' };
  return issueAt(place, 'error', code, `cannot edit "${where}": ${message}`, hint);
}

function leftToPerson(path: string, place: Place, lost: number): Issue {
  const message = `somebody changed ${String(lost)} place${lost === 1 ? '' : 's'} of "${path}" that the agent had edited: the agent leaves them as they are, and does not manage them any more`;
  const hint = 'calico-agent keeps a copy of the file as it was before its first edit';
  return issueAt(place, 'warning', 'platform-left-to-you', message, hint);
}

function isOursAlone(edit: FileEdit): boolean {
  return edit.form === 'whole' && edit.foreign === 'refuse';
}

/** Whatever the reasons, which have other places in each text of a configuration. */
function isSameEdits(one: FileNote['edits'], other: readonly FileEdit[]): boolean {
  const bare = (edits: readonly FileEdit[]): string =>
    JSON.stringify(edits.map((edit) => ({ ...edit, reasons: [] })));
  return other.length > 0 && bare(one) === bare(other);
}

function isDone(applied: AppliedEdits, current: string | undefined): boolean {
  return applied.ok && applied.text === current;
}

function fieldsOf({ changed }: AppliedEdits & { ok: true }): readonly FieldChange[] {
  return changed.map(({ edit: { reasons }, name, before, after }) => ({
    path: name,
    before,
    after,
    reasons,
  }));
}
