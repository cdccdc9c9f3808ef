/** One document of a text with its nodes, their places and its style. */
import {
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
  type Document,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { lineBreak, lineStart } from './lines.ts';
import type { Style } from './written-value.ts';

export interface OpenDocument {
  readonly text: string;
  /** Among the documents that are not empty. */
  readonly index: number;
  readonly root: unknown;
  readonly style: Style;
  /** All documents as plain data, those that are empty left out. */
  readonly documents: readonly unknown[];
}

/** An entry of a mapping with its offsets. */
export interface Entry {
  readonly key: Scalar;
  readonly value: unknown;
  readonly keyStart: number;
  /** Right after the colon. */
  readonly colonEnd: number;
  /** After the last character of the value; after its line break for a block of text. */
  readonly end: number;
}

/** undefined: it cannot be read, or there is no such document. */
export function openDocument(text: string, index: number): OpenDocument | undefined {
  const parsed = parseAllDocuments(text, {
    keepSourceTokens: true,
    merge: true,
    uniqueKeys: false,
    schema: 'core',
  });
  if (!Array.isArray(parsed)) return undefined;
  const documents = parsed.filter((document) => !isEmpty(document));
  const chosen = documents[index];
  if (chosen === undefined || documents.some(({ errors }) => errors.length > 0)) return undefined;
  const data = dataOf(documents);
  if (data === undefined) return undefined;
  const root: unknown = chosen.contents;
  return { text, index, root, documents: data, style: styleOf(text, root) };
}

/** undefined: an alias has no anchor, or aliases repeat too much. */
function dataOf(documents: readonly Document[]): readonly unknown[] | undefined {
  try {
    return documents.map((document): unknown => document.toJS({ maxAliasCount: 1000 }));
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

/** undefined: an entry that is not written as `key: value`. */
function entryOf({ key, value, srcToken }: Pair): Entry | undefined {
  if (!isScalar(key) || key.range === undefined || key.range === null) return undefined;
  const colon = srcToken?.sep?.find(({ type }) => type === 'map-value-ind');
  if (colon === undefined) return undefined;
  const colonEnd = colon.offset + 1;
  return {
    key,
    value,
    keyStart: key.range[0],
    colonEnd,
    end: Math.max(colonEnd, contentEnd(value)),
  };
}

export function entriesOf(map: YAMLMap): readonly Entry[] | undefined {
  const entries = map.items.map((pair) => entryOf(pair));
  return entries.every((entry) => entry !== undefined) ? entries : undefined;
}

/** Whether the key was written as this text. */
export function hasKey({ key }: Entry, name: string): boolean {
  return String(key.value) === name;
}

/** undefined: a value that is left out, as in `calico:`. */
export function startOf(value: unknown): number | undefined {
  if (!isNode(value) || isLeftOut(value)) return undefined;
  return value.range?.[0];
}

/** Whether an anchor or a tag stands before the value, which the offsets do not include. */
export function hasProperties(value: unknown): boolean {
  return isNode(value) && (value.anchor !== undefined || value.tag !== undefined);
}

function contentEnd(value: unknown): number {
  if (isMap(value) && value.flow !== true) {
    return Math.max(0, ...(entriesOf(value) ?? []).map(({ end }) => end));
  }
  if (isSeq(value) && value.flow !== true) return Math.max(0, ...value.items.map(contentEnd));
  return startOf(value) === undefined || !isNode(value) ? 0 : (value.range?.[1] ?? 0);
}

interface Ranged {
  readonly range?: readonly [number, number, number] | null;
  readonly anchor?: string;
  readonly tag?: string;
}

function isNode(value: unknown): value is Ranged {
  return typeof value === 'object' && value !== null && 'range' in value;
}

function isLeftOut(value: unknown): boolean {
  return isScalar(value) && value.value === null && (value.source ?? '') === '';
}

function isEmpty({ contents }: Document): boolean {
  return contents === null || isLeftOut(contents);
}

function styleOf(text: string, root: unknown): Style {
  let step: number | undefined;
  visit(isMap(root) || isSeq(root) ? root : null, {
    Pair: (_key, { key, value }) => {
      if (!isScalar(key) || !isMap(value) || value.flow === true) return undefined;
      const [first] = value.items;
      if (!isScalar(first?.key)) return undefined;
      const difference = columnOf(text, first.key) - columnOf(text, key);
      if (difference <= 0) return undefined;
      step = difference;
      return visit.BREAK;
    },
  });
  return { isJson: text.trimStart().startsWith('{'), step: step ?? 2, lineBreak: lineBreak(text) };
}

/** The number of characters before the node in its line. */
export function columnOf(text: string, { range }: Scalar): number {
  const offset = range?.[0] ?? 0;
  return offset - lineStart(text, offset);
}
