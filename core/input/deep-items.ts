/**
 * Reads a Kubernetes list in which some item is nested too deep: the other items can still be read.
 * A user who may write one object must not hide all others of its kind.
 */
import type { JsonBounds } from './bounds.ts';
import { endOfStringInParts, isClosing, isOpening, quote } from './json-scan.ts';
import { parseJsonInParts } from './parse-json.ts';
import { isMap, textAt } from './plain-data.ts';

const mark = 'calico-agent/unreadable';
/** The depth to which an item that is too deep is kept: its metadata, with labels and annotations. */
const keptDepth = 3;
/** Characters, and strings, that are passed over between two rests. */
const restAfter = 8192;

/** A stub of an item that is nested too deep: its metadata and the reason. */
export function* stubOfDeepItem(item: string, bounds: JsonBounds): Generator<undefined, unknown> {
  const parsed = yield* parseJsonInParts(yield* shallow(item), bounds);
  const metadata = parsed.ok && isMap(parsed.data) ? parsed.data['metadata'] : undefined;
  const reason = `it is nested more than ${String(bounds.maxDepth)} levels deep`;
  return { metadata, [mark]: reason };
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

/** The item with null in place of deeper values. */
function* shallow(item: string): Generator<undefined, string> {
  const kept: string[] = [];
  let from = 0;
  let depth = 0;
  for (let at = 0, steps = 1; at < item.length; at += 1, steps += 1) {
    if (steps % restAfter === 0) yield;
    const code = item.charCodeAt(at);
    if (code === quote) at = yield* endOfStringInParts(item, at);
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
