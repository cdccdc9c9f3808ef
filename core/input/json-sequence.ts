/**
 * JSON values one behind the other: lines of `jq -c`, or what two calls of kubectl print into one
 * file. No reader of JSON or YAML takes them as one text.
 */
import type { JsonBounds } from './bounds.ts';
import { endOfString, isClosing, isOpening, quote } from './json-scan.ts';
import { jsonValue } from './parse-json.ts';
import { isLonger } from './text-size.ts';

/** The values; undefined where the text is anything else, or beyond its bounds. */
export function jsonSequence(text: string, bounds: JsonBounds): readonly unknown[] | undefined {
  if (isLonger(text, bounds.maxBytes)) return undefined;
  const values: unknown[] = [];
  let left = bounds.maxValues;
  for (const { start, end, marks } of piecesOf(text)) {
    left -= marks;
    const value = left < 0 ? undefined : jsonValue(text.slice(start, end), bounds);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values.length === 0 ? undefined : values;
}

/** Where the second of several values begins. */
export function secondJsonValue(text: string): number | undefined {
  const pieces = piecesOf(text);
  pieces.next();
  const start = pieces.next().value?.start;
  return start !== undefined && isOpening(text.charCodeAt(start)) ? start : undefined;
}

interface Piece {
  readonly start: number;
  readonly end: number;
  /** Brackets, commas and colons: a value each, at most. */
  readonly marks: number;
}

/** The objects and lists of the text, as their brackets say; ends at anything between them. */
function* piecesOf(text: string): Generator<Piece, undefined> {
  let at = afterSpace(text, 0);
  while (isOpening(text.charCodeAt(at))) {
    const start = at;
    let depth = 0;
    let marks = 0;
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === quote) at = endOfString(text, at);
      else if (code === comma || code === colon) marks += 1;
      else if (isOpening(code)) {
        depth += 1;
        marks += 1;
      } else if (isClosing(code)) depth -= 1;
      if (depth === 0) break;
    }
    yield { start, end: at + 1, marks };
    at = afterSpace(text, at + 1);
  }
  // Anything else behind the values: the text is no such sequence.
  if (at < text.length) yield { start: at, end: text.length, marks: 0 };
  return undefined;
}

const comma = 44;
const colon = 58;

function afterSpace(text: string, from: number): number {
  const space = /[\s\uFEFF]*/y;
  space.lastIndex = from;
  return from + (space.exec(text)?.[0].length ?? 0);
}
