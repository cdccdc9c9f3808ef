/**
 * Parses all JSON from outside. It checks the depth on the text, before anything that recurses (a
 * validator, a comparison, JSON.stringify) gets the value.
 */
import type { JsonBounds } from './bounds.ts';
import { endOfStringInParts, isClosing, isOpening, quote } from './json-scan.ts';
import { isMap } from './plain-data.ts';
import { parseTextInParts } from './parse-text.ts';
import { isLonger } from './text-size.ts';

/** Bounds of a text of which a reader refuses objects with many members. */
export interface CrowdedBounds extends JsonBounds {
  /** An object of more members keeps one more than this: its reader has to refuse it. */
  readonly mostMembers?: number;
}

export type ParsedJson = { readonly ok: true; readonly data: unknown } | UnparsedJson;

export interface UnparsedJson {
  readonly ok: false;
  /** `it is not JSON`: completes "cannot read …:", and never repeats the text. */
  readonly reason: string;
  /** It has more values than the bounds allow. */
  readonly hasTooMany?: true;
  /** It is nested deeper than the bounds allow. */
  readonly isTooDeep?: true;
}

export function parseJson(text: string, bounds: JsonBounds): ParsedJson {
  const isShort = text.length <= maxShort;
  const before = isShort ? undefined : beyondBounds(text, bounds);
  if (before !== undefined) return before;
  const parsed = parseText(text);
  if (!parsed.ok || !isShort || !isBeyond(parsed.data, bounds)) return parsed;
  return beyondBounds(text, bounds) ?? parsed;
}

/** As parseJson, in parts: other work may be done between them. */
export function* parseJsonInParts(
  text: string,
  bounds: CrowdedBounds,
): Generator<undefined, ParsedJson> {
  if (text.length <= maxShort) return parseJson(text, bounds);
  const judged = yield* judgeText(text, bounds);
  if (!judged.ok) return judged;
  if (judged.values <= mostAtOnce) return parseText(text);
  try {
    const { mostMembers = Infinity } = bounds;
    const parse = (piece: string): unknown => JSON.parse(piece);
    return { ok: true, data: yield* parseTextInParts(text, parse, { mostMembers }) };
  } catch {
    return { ok: false, reason: notJson };
  }
}

/** JSON.parse takes half a microsecond for each value, without V8's compilers. */
const mostAtOnce = 20_000;
const notJson = 'it is not JSON';

function parseText(text: string): ParsedJson {
  try {
    const data: unknown = JSON.parse(text);
    return { ok: true, data };
  } catch {
    return { ok: false, reason: notJson };
  }
}

/**
 * A text as short as one of Calico's objects costs little in any case, so it is parsed first, and
 * its few values are checked instead of its many characters, in a third of the time.
 */
const maxShort = 4096;

/** Whether the value is beyond the bounds. Recurses no deeper than the bound. */
function isBeyond(data: unknown, { maxBytes, maxDepth, maxValues }: JsonBounds): boolean {
  let values = 0;
  const fits = (value: unknown, depth: number): boolean => {
    if (typeof value !== 'object' || value === null) return true;
    if (depth > maxDepth) return false;
    values += 1;
    // Without lists of the values: every message of thousands of agents comes here.
    if (Array.isArray(value)) {
      values += 2 * value.length;
      for (const one of value) if (!fits(one, depth + 1)) return false;
      return true;
    }
    if (!isMap(value)) return true;
    for (const name in value) {
      values += 2;
      if (!fits(value[name], depth + 1)) return false;
    }
    return true;
  };
  return maxBytes < 3 * maxShort || !fits(data, 1) || values > maxValues;
}

/** The value; undefined: the text is no JSON, or is beyond its bounds. */
export function jsonValue(text: string, bounds: JsonBounds): unknown {
  const parsed = parseJson(text, bounds);
  return parsed.ok ? parsed.data : undefined;
}

const comma = 44;
const colon = 58;

/** Characters, and strings, that are read between two rests: 1 to 3 ms without V8's compilers. */
const partLength = 16_384;

function beyondBounds(text: string, bounds: JsonBounds): UnparsedJson | undefined {
  const judging = judgeText(text, bounds);
  let step = judging.next();
  while (step.done !== true) step = judging.next();
  return step.value.ok ? undefined : step.value;
}

/**
 * Makes one pass over the text outside of its strings. It reads large answers, so it has to be
 * fast.
 */
function* judgeText(
  text: string,
  bounds: JsonBounds,
): Generator<undefined, UnparsedJson | { readonly ok: true; readonly values: number }> {
  const { maxBytes, maxDepth, maxValues } = bounds;
  if (isLonger(text, maxBytes)) return refused(`it is larger than ${String(maxBytes)} bytes`);
  let depth = 0;
  let values = 1;
  let steps = 0;
  for (let at = 0; at < text.length; at += 1) {
    steps += 1;
    if (steps % partLength === 0) {
      if (values > maxValues) break;
      yield;
    }
    const code = text.charCodeAt(at);
    if (code === quote) at = yield* endOfStringInParts(text, at);
    else if (code === comma || code === colon) values += 1;
    else if (isOpening(code)) {
      depth += 1;
      values += 1;
      if (depth > maxDepth) return { ...refused(tooDeep(maxDepth, at)), isTooDeep: true };
    } else if (isClosing(code)) depth -= 1;
  }
  if (values <= maxValues) return { ok: true, values };
  return { ...refused(`it has more than ${String(maxValues)} values`), hasTooMany: true };
}

function refused(reason: string): UnparsedJson {
  return { ok: false, reason };
}

function tooDeep(maxDepth: number, at: number): string {
  return `it is nested more than ${String(maxDepth)} levels deep (at character ${String(at + 1)})`;
}
