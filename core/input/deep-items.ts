/**
 * Reads a Kubernetes list in which some item is nested too deep: the other items can still be read.
 * A user who may write one object must not hide all others of its kind.
 */
import type { JsonBounds } from './bounds.ts';
import { endOfString, isClosing, isOpening, quote } from './json-scan.ts';
import { parseJson } from './parse-json.ts';
import { isMap, textAt } from './plain-data.ts';

const mark = 'calico-agent/unreadable';
/** The depth of `{"items":[{`. */
const itemDepth = 3;
/**
 * The depth to which an item that is too deep is kept: its metadata, with labels and annotations.
 */
const keptDepth = 3;

/**
 * The text with a stub in place of each item that is too deep; the stub has the item's name and the
 * reason. Undefined: no item is too deep, or another part is.
 */
export function withoutDeepItems(text: string, bounds: JsonBounds): string | undefined {
  const kept: string[] = [];
  let from = 0;
  for (const { start, end } of deepItems(text, bounds.maxDepth)) {
    if (start < 0) return undefined;
    kept.push(text.slice(from, start), stubOf(text.slice(start, end), bounds));
    from = end;
  }
  return from === 0 ? undefined : [...kept, text.slice(from)].join('');
}

/** Why an item of a list cannot be read; undefined: it can. */
export function whyUnreadable(item: unknown): string | undefined {
  return textAt(item, mark);
}

/** A stub of the item: of its metadata no labels and annotations, as they may be what is too much. */
export function unreadableItem(item: unknown, reason: string): unknown {
  const name = textAt(item, 'metadata', 'name');
  const uid = textAt(item, 'metadata', 'uid');
  const resourceVersion = textAt(item, 'metadata', 'resourceVersion');
  return { metadata: { name, uid, resourceVersion }, [mark]: reason };
}

interface Piece {
  /** Negative: the excess depth is outside of the items. */
  readonly start: number;
  readonly end: number;
}

function* deepItems(text: string, maxDepth: number): Generator<Piece> {
  let depth = 0;
  let start = -1;
  let deepest = 0;
  let isInItems = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (isOpening(code)) {
      depth += 1;
      if (depth === itemDepth - 1) isInItems = followsItems(text, at);
      if (depth === itemDepth) start = isInItems ? at : -1;
      deepest = depth === itemDepth ? depth : Math.max(deepest, depth);
      if (deepest > maxDepth && start < 0) return yield { start, end: at };
    } else if (isClosing(code)) {
      depth -= 1;
      if (depth === itemDepth - 1 && deepest > maxDepth) yield { start, end: at + 1 };
    }
  }
}

function followsItems(text: string, at: number): boolean {
  return /"items"\s*:\s*$/.test(text.slice(Math.max(0, at - 64), at));
}

function stubOf(item: string, bounds: JsonBounds): string {
  const parsed = parseJson(shallow(item), bounds);
  const metadata = parsed.ok && isMap(parsed.data) ? parsed.data['metadata'] : undefined;
  const reason = `it is nested more than ${String(bounds.maxDepth)} levels deep`;
  return JSON.stringify({ metadata, [mark]: reason });
}

/** The item with null in place of deeper values. */
function shallow(item: string): string {
  const kept: string[] = [];
  let from = 0;
  let depth = 0;
  for (let at = 0; at < item.length; at += 1) {
    const code = item.charCodeAt(at);
    if (code === quote) at = endOfString(item, at);
    else if (isOpening(code)) {
      depth += 1;
      if (depth === keptDepth + 1) kept.push(item.slice(from, at), 'null');
    } else if (isClosing(code)) {
      depth -= 1;
      if (depth === keptDepth) from = at + 1;
    }
  }
  return [...kept, item.slice(from)].join('');
}
