/** Reads the lines of a watch, which are JSON documents. */
import type { Readable } from 'node:stream';
import { isMap, textAt, valueAt } from '../../core/input/plain-data.ts';
import { AppError } from '../errors.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import { parseJson } from '../../core/input/parse-json.ts';

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: unknown }
  | { readonly type: 'ERROR'; readonly code: number; readonly message: string };

/** An object has at most 1.5 MB in etcd, more as JSON. */
const maxLineBytes = 16 * 1024 * 1024;

export async function* readWatchEvents(
  body: Readable,
  asError: (error: unknown) => AppError,
): AsyncGenerator<WatchEvent, void, void> {
  let rest = Buffer.alloc(0);
  try {
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) continue;
      rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
      for (;;) {
        const end = rest.indexOf(10);
        if (end < 0) break;
        const event = parseEvent(rest.subarray(0, end).toString('utf8'));
        rest = rest.subarray(end + 1);
        if (event !== undefined) yield event;
      }
      if (rest.length > maxLineBytes) {
        throw new AppError('datastore-failed', 'cannot watch: an event is too large', {
          retryable: true,
        });
      }
    }
  } catch (error) {
    throw asError(error);
  } finally {
    body.destroy();
  }
}

const changes = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'] as const;

function parseEvent(line: string): WatchEvent | undefined {
  const parsed = parseJson(line, jsonBounds.kubernetes);
  // An object beyond all bounds: the caller reads everything again.
  if (!parsed.ok && line.startsWith('{'))
    return { type: 'ERROR', code: 410, message: parsed.reason };
  const data = parsed.ok ? parsed.data : undefined;
  if (!isMap(data)) return undefined;
  const object = data['object'];
  if (data['type'] === 'ERROR') {
    const code = Number(valueAt(object, 'code') ?? 0);
    return { type: 'ERROR', code, message: textAt(object, 'message') ?? 'the watch failed' };
  }
  const type = changes.find((known) => known === data['type']);
  return type === undefined ? undefined : { type, object };
}
