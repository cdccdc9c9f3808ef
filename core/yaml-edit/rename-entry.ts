/** Gives an entry another key and value, in its place. */
import { findPlace } from './find-place.ts';
import { openDocument, type OpenDocument } from './open-document.ts';
import type { YamlPath } from './plain-edit.ts';
import { replaceValue } from './set-value.ts';
import { applyPatches, type TextPatch } from './text-patch.ts';
import { keyText, type YamlValue } from './written-value.ts';

export function renameEntry(
  open: OpenDocument,
  path: YamlPath,
  key: string,
  value: YamlValue,
): readonly TextPatch[] | undefined {
  const place = findPlace(open, path);
  if (place?.kind !== 'entry') return undefined;
  const { keyStart, colonEnd } = place.entry;
  const removed = open.text.slice(keyStart, colonEnd - 1).trimEnd();
  const quoted = { ...open.style, isJson: removed.startsWith('"') };
  const renamed: TextPatch = { offset: keyStart, removed, inserted: keyText(key, quoted) };
  const again = openDocument(applyPatches(open.text, [renamed]), open.index);
  const entry = again && findPlace(again, [...path.slice(0, -1), key]);
  if (again === undefined || entry?.kind !== 'entry') return undefined;
  const replaced = replaceValue(again, entry.entry, value);
  return replaced && [renamed, ...replaced];
}
