/** Sets a value: in place of the old one, or as a new entry after the last one. */
import { isMap, isSeq, type YAMLMap } from 'yaml';
import { findPlace, type FoundPlace } from './find-place.ts';
import { isFirstOfLine, lineAfter, lineStart } from './lines.ts';
import {
  columnOf,
  hasProperties,
  startOf,
  type Entry,
  type OpenDocument,
} from './open-document.ts';
import type { YamlPath } from './plain-edit.ts';
import type { TextPatch } from './text-patch.ts';
import {
  blockLines,
  entryLines,
  inlineText,
  isBlock,
  keyText,
  type Style,
  type YamlValue,
} from './written-value.ts';

/** undefined: the layout does not allow it. */
export function setValue(
  open: OpenDocument,
  path: YamlPath,
  value: YamlValue,
): readonly TextPatch[] | undefined {
  const place = findPlace(open, path);
  switch (place?.kind) {
    case undefined:
      return undefined;
    case 'item':
      return replaceItem(open, place.value, value);
    case 'entry':
      return replaceValue(open, place.entry, value);
    case 'no-value':
      return replaceValue(open, place.entry, nested(place.rest, value));
    case 'missing':
      return addEntry(open, place, value);
  }
}

/** The patches that give an entry another value. */
export function replaceValue(
  open: OpenDocument,
  entry: Entry,
  value: YamlValue,
): readonly TextPatch[] | undefined {
  if (hasProperties(entry.value)) return undefined;
  const { text, style } = open;
  const start = startOf(entry.value);
  const removal = start === undefined ? undefined : removalOf(text, entry, start);
  const isFlow =
    lineStart(text, entry.keyStart) !== lineStart(text, entry.colonEnd) || style.isJson;
  if (!isBlock(value) || isFlow || !isFirstOfBlock(open, entry)) {
    const written = inlineText(value, style);
    if (removal === undefined) return [insertion(entry.colonEnd, ` ${written}`)];
    if (removal.isBelow) return [removal.patch, insertion(entry.colonEnd, ` ${written}`)];
    return [{ ...removal.patch, inserted: written + removal.ending }];
  }
  const indent = columnOf(text, entry.key) + style.step;
  if (removal?.isBelow === true) {
    return [{ ...removal.patch, inserted: blockLines(value, indent, style) }];
  }
  return intoBlock(text, entry, start, value, style);
}

/** `calico: {} # why` → `calico: # why`, and the lines of the block below. */
function intoBlock(
  text: string,
  entry: Entry,
  start: number | undefined,
  value: YamlValue,
  style: Style,
): readonly TextPatch[] | undefined {
  const lines = blockLines(value, columnOf(text, entry.key) + style.step, style);
  if (start !== undefined && lineStart(text, start) > entry.colonEnd) {
    return inPlaceOfLine(text, start, entry.end, lines, style);
  }
  const removed = start === undefined ? '' : text.slice(entry.colonEnd, entry.end);
  const below = addLines(text, lineAfter(text, entry.end), lines, style);
  if (removed === '') return [below];
  return [
    { offset: entry.colonEnd, removed, inserted: '' },
    { ...below, offset: below.offset - removed.length },
  ];
}

/** A value that has a line of its own below its key, after comments. */
function inPlaceOfLine(
  text: string,
  start: number,
  end: number,
  lines: string,
  style: Style,
): readonly TextPatch[] | undefined {
  const from = lineStart(text, start);
  const to = lineAfter(text, end);
  if (text.slice(from, start).trim() !== '' || text.slice(end, to).trim() !== '') return undefined;
  const removed = text.slice(from, to);
  const inserted = removed.endsWith('\n') ? lines : lines.slice(0, -style.lineBreak.length);
  return [{ offset: from, removed, inserted }];
}

/** Inserts whole lines; a text whose last line has no line break keeps that. */
function addLines(text: string, offset: number, lines: string, style: Style): TextPatch {
  if (offset < text.length || text.endsWith('\n') || text === '') return insertion(offset, lines);
  return insertion(offset, style.lineBreak + lines.slice(0, -style.lineBreak.length));
}

export function insertion(offset: number, inserted: string): TextPatch {
  return { offset, removed: '', inserted };
}

interface Removal {
  readonly patch: TextPatch;
  /** Whether the value stands in the lines below its key. */
  readonly isBelow: boolean;
  /** The line break that ends a block of text, and does not belong to the value. */
  readonly ending: string;
}

function removalOf(text: string, entry: Entry, start: number): Removal {
  const isBelow = lineStart(text, start) > entry.colonEnd;
  const from = isBelow ? lineAfter(text, entry.colonEnd) : start;
  const to = isBelow ? lineAfter(text, entry.end) : entry.end;
  const removed = text.slice(from, to);
  const ending = isBelow ? '' : (/(?:\r?\n)?$/.exec(removed)?.[0] ?? '');
  return { patch: { offset: from, removed, inserted: '' }, isBelow, ending };
}

/** Whether lines can be added below the key: it begins its line, or follows the dash of a list. */
function isFirstOfBlock({ text }: OpenDocument, { keyStart }: Entry): boolean {
  return /^[\s-]*$/.test(text.slice(lineStart(text, keyStart), keyStart));
}

function replaceItem(
  { text, style }: OpenDocument,
  old: unknown,
  value: YamlValue,
): readonly TextPatch[] | undefined {
  const start = startOf(old);
  if (start === undefined || hasProperties(old) || isMap(old) || isSeq(old)) return undefined;
  const end = endOfScalar(old, start);
  const removed = text.slice(start, end);
  return [{ offset: start, removed, inserted: inlineText(value, style) }];
}

function endOfScalar(value: unknown, start: number): number {
  const hasRange = typeof value === 'object' && value !== null && 'range' in value;
  const range: unknown = hasRange ? value.range : undefined;
  const end: unknown = Array.isArray(range) ? range[1] : undefined;
  return typeof end === 'number' ? end : start;
}

type Missing = Extract<FoundPlace, { kind: 'missing' }>;

function addEntry(
  open: OpenDocument,
  { map, siblings, parent, rest }: Missing,
  value: YamlValue,
): readonly TextPatch[] | undefined {
  const [key, ...inner] = rest;
  const whole = nested(inner, value);
  const last = siblings.at(-1);
  if (map.flow === true) {
    if (last !== undefined) return [addToFlow(open, siblings, last, key, whole)];
    if (parent === undefined || open.style.isJson || !isFirstOfBlock(open, parent)) {
      return fillEmptyFlow(open, map, key, whole);
    }
    return hasProperties(map) ? undefined : intoEmpty(open, parent, { [key]: whole });
  }
  if (last === undefined) return undefined;
  const { text, style } = open;
  const lines = entryLines(key, whole, columnOf(text, last.key), style);
  return [addLines(text, lineAfter(text, last.end), lines, style)];
}

function intoEmpty(
  open: OpenDocument,
  parent: Entry,
  value: YamlValue,
): readonly TextPatch[] | undefined {
  return intoBlock(open.text, parent, startOf(parent.value), value, open.style);
}

function fillEmptyFlow(
  { text, style }: OpenDocument,
  map: YAMLMap,
  key: string,
  value: YamlValue,
): readonly TextPatch[] | undefined {
  const start = map.range?.[0];
  if (start === undefined) return undefined;
  const removed = text.slice(start, map.range?.[1]);
  const inserted = `{${keyText(key, style)}: ${inlineText(value, style)}}`;
  return [{ offset: start, removed, inserted }];
}

/** In brackets, with the line break that stands before the last entry. */
function addToFlow(
  { text, style }: OpenDocument,
  siblings: readonly Entry[],
  last: Entry,
  key: string,
  value: YamlValue,
): TextPatch {
  const gap = isFirstOfLine(text, last.keyStart)
    ? style.lineBreak + text.slice(lineStart(text, last.keyStart), last.keyStart)
    : ' ';
  const isQuoted = siblings.some(({ keyStart }) => text[keyStart] === '"');
  const written = { ...style, isJson: style.isJson || isQuoted };
  const entry = `${keyText(key, written)}: ${inlineText(value, written)}`;
  return insertion(last.end, `,${gap}${entry}`);
}

/** {a: {b: value}} for the rest of a path. */
function nested(path: readonly string[], value: YamlValue): YamlValue {
  return path.reduceRight<YamlValue>((inner, key) => ({ [key]: inner }), value);
}
