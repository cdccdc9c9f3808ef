/**
 * The annotation in which an object keeps what was there before calico-agent changed it. Any agent of the
 * cluster can so put it back, also one that did not make the change.
 */
import { jsonBounds } from '../../input/bounds.ts';
import { isMap, type PlainMap } from '../../input/plain-data.ts';
import { parseJson } from '../../input/parse-json.ts';
import { pathText, type FieldPath, type PathPart } from './cluster-edit.ts';

export const undoAnnotation = 'calico-agent/undo';
/**
 * An object has it from a change of its template until all pods are new, so that any agent goes on waiting for them, also
 * where nothing else of ours is left in the object.
 */
export const rollingOutAnnotation = 'calico-agent/rolling-out';
/** Finds the objects that have the annotation. */
export const editedLabel = 'calico-agent/edited';
/** The value where calico-agent made the object: the way back is to delete it. */
export const createdMark = 'created';

/** All annotations of an object may have 256 KiB together. */
export const longestUndo = 96 * 1024;

/** A field before our first change, and what we made of it. */
export interface UndoEdit {
  readonly path: FieldPath;
  /** Undefined: it was absent. */
  readonly before?: unknown;
  /** Where the field has another value by now, somebody else changed it, and it stays. */
  readonly after?: unknown;
}

/** The undo with one more edit; of a field that was changed before, the first value stays. */
export function withUndo(undo: readonly UndoEdit[], edit: UndoEdit): readonly UndoEdit[] {
  const isSame = ({ path }: UndoEdit): boolean => pathText(path) === pathText(edit.path);
  const known = undo.find(isSame);
  const { before: _before, ...after } = edit;
  const merged =
    known === undefined
      ? edit
      : { ...after, ...(known.before !== undefined && { before: known.before }) };
  return [...undo.filter((one) => !isSame(one)), merged];
}

/** Undefined: there is nothing to put back. */
export function writeUndo(undo: readonly UndoEdit[]): string | undefined {
  return undo.length === 0 ? undefined : JSON.stringify(undo);
}

export type ReadUndo =
  | { readonly state: 'none' | 'created' | 'unreadable' }
  | { readonly state: 'edits'; readonly undo: readonly UndoEdit[] };

export function readUndo(text: string | undefined): ReadUndo {
  if (text === undefined) return { state: 'none' };
  if (text === createdMark) return { state: 'created' };
  const parsed = parseJson(text, jsonBounds.annotation);
  if (!parsed.ok || !Array.isArray(parsed.data)) return { state: 'unreadable' };
  const undo: UndoEdit[] = [];
  for (const item of parsed.data as readonly unknown[]) {
    const path = isMap(item) ? pathOf(item['path']) : undefined;
    if (!isMap(item) || path === undefined) return { state: 'unreadable' };
    undo.push({ path, ...valueOf(item, 'before'), ...valueOf(item, 'after') });
  }
  return { state: 'edits', undo };
}

function valueOf(item: PlainMap, key: 'before' | 'after'): object {
  return Object.hasOwn(item, key) ? { [key]: item[key] } : {};
}

function pathOf(value: unknown): FieldPath | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const parts: PathPart[] = [];
  for (const part of value as readonly unknown[]) {
    if (typeof part === 'string') parts.push(part);
    else if (isMap(part) && typeof part['named'] === 'string') parts.push({ named: part['named'] });
    else return undefined;
  }
  return parts;
}
