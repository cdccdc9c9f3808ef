/**
 * Edits of a YAML or JSON text that keep every byte which they do not change: comments, order,
 * quotes, indentation and line breaks stay. Each edit is checked: the new text is read again, and
 * must mean what the old one meant, with this one difference.
 *
 * The caller bounds the text and reads it before (`locateAll`), so it is known to be YAML.
 */
import { sameData } from './same-data.ts';
import { openDocument, type OpenDocument } from './open-document.ts';
import { setData, unsetData, renameData, type YamlPath } from './plain-edit.ts';
import { setValue } from './set-value.ts';
import { renameEntry } from './rename-entry.ts';
import { unsetValue } from './unset-value.ts';
import { applyPatches, type TextPatch } from './text-patch.ts';
import { pointerToken } from '../issue.ts';
import type { YamlValue } from './written-value.ts';

export type YamlChange =
  | { readonly kind: 'set'; readonly path: YamlPath; readonly value: YamlValue }
  | { readonly kind: 'unset'; readonly path: YamlPath }
  /** Another key and value in the place of this entry. */
  | {
      readonly kind: 'rename';
      readonly path: YamlPath;
      readonly key: string;
      readonly value: YamlValue;
    };

export type EditedYaml =
  | { readonly ok: true; readonly text: string; readonly patches: readonly TextPatch[] }
  | {
      readonly ok: false;
      readonly pointer: string;
      readonly message: string;
      readonly hint: string;
    };

/**
 * @param document the index among the documents of the text that are not empty
 * @returns the text, and the patches that made it, for `undoPatches`
 */
export function editYaml(
  text: string,
  document: number,
  changes: readonly YamlChange[],
): EditedYaml {
  let current = text;
  const patches: TextPatch[] = [];
  for (const change of changes) {
    const edited = editOnce(current, document, change);
    if (!edited.ok) return edited;
    current = edited.text;
    patches.push(...edited.patches);
  }
  return { ok: true, text: current, patches };
}

function editOnce(text: string, document: number, change: YamlChange): EditedYaml {
  const before = openDocument(text, document);
  const patches = before === undefined ? undefined : patchesOf(before, change);
  if (before === undefined || patches === undefined) return refused(change);
  const after = applyPatches(text, patches);
  return isAsExpected(before, after, document, change)
    ? { ok: true, text: after, patches }
    : refused(change);
}

function patchesOf(open: OpenDocument, change: YamlChange): readonly TextPatch[] | undefined {
  switch (change.kind) {
    case 'set':
      return setValue(open, change.path, change.value);
    case 'unset':
      return unsetValue(open, change.path);
    case 'rename':
      return renameEntry(open, change.path, change.key, change.value);
  }
}

function isAsExpected(
  before: OpenDocument,
  text: string,
  document: number,
  change: YamlChange,
): boolean {
  const after = openDocument(text, document);
  if (after === undefined || after.documents.length !== before.documents.length) return false;
  return before.documents.every((data, index) =>
    sameData(index === document ? changed(data, change) : data, after.documents[index]),
  );
}

function changed(data: unknown, change: YamlChange): unknown {
  switch (change.kind) {
    case 'set':
      return setData(data, change.path, change.value);
    case 'unset':
      return unsetData(data, change.path);
    case 'rename':
      return renameData(data, change.path, change.key, change.value);
  }
}

function refused({ kind, path }: YamlChange): EditedYaml {
  return {
    ok: false,
    pointer: path.map((part) => `/${pointerToken(part)}`).join(''),
    message: `cannot ${kind === 'unset' ? 'remove' : 'change'} ${path.join('.')} without changing other lines`,
    hint: 'anchors, aliases or an unusual layout are in the way; edit these lines by hand',
  };
}
