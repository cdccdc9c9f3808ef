/** Removes an entry with its lines; a mapping that becomes empty stays, as {}. */
import { findPlace, type FoundPlace } from './find-place.ts';
import { isFirstOfLine, lineAfter, lineStart } from './lines.ts';
import { hasProperties, type Entry, type OpenDocument } from './open-document.ts';
import type { YamlPath } from './plain-edit.ts';
import { insertion } from './set-value.ts';
import type { TextPatch } from './text-patch.ts';

/** undefined: there is no such entry, or the layout does not allow it. */
export function unsetValue(open: OpenDocument, path: YamlPath): readonly TextPatch[] | undefined {
  const place = findPlace(open, path);
  return place?.kind === 'entry' ? removeEntry(open.text, place) : undefined;
}

type FoundEntry = Extract<FoundPlace, { kind: 'entry' }>;

function removeEntry(text: string, place: FoundEntry): readonly TextPatch[] | undefined {
  const { entry, map, siblings, parent } = place;
  const index = siblings.indexOf(entry);
  const before = siblings[index - 1];
  const after = siblings[index + 1];
  if (map.flow === true) return [removeFromFlow(text, entry, before, after)];
  if (before === undefined && after === undefined) {
    return parent === undefined || hasProperties(map) ? undefined : emptyBlock(text, entry, parent);
  }
  if (isFirstOfLine(text, entry.keyStart)) return [removeLines(text, entry)];
  return after === undefined ? undefined : [removal(text, entry.keyStart, after.keyStart)];
}

function removeFromFlow(
  text: string,
  entry: Entry,
  before: Entry | undefined,
  after: Entry | undefined,
): TextPatch {
  if (before !== undefined) return removal(text, before.end, entry.end);
  return removal(text, entry.keyStart, after === undefined ? entry.end : after.keyStart);
}

/** The block's lines go, and its key gets {}. */
function emptyBlock(text: string, entry: Entry, parent: Entry): readonly TextPatch[] | undefined {
  if (!isFirstOfLine(text, entry.keyStart)) return undefined;
  return [removeLines(text, entry), insertion(parent.colonEnd, ' {}')];
}

function removeLines(text: string, { keyStart, end }: Entry): TextPatch {
  const from = lineStart(text, keyStart);
  const to = lineAfter(text, end);
  if (text[to - 1] === '\n' || from === 0) return removal(text, from, to);
  // The last line of a text that does not end with a line break.
  return removal(text, text[from - 2] === '\r' ? from - 2 : from - 1, to);
}

function removal(text: string, from: number, to: number): TextPatch {
  return { offset: from, removed: text.slice(from, to), inserted: '' };
}
