/** Reads the lines of a watch, which are JSON documents. */
import type { Readable } from 'node:stream';
import { isMap, textAt, valueAt } from '../../core/input/plain-data.ts';
import { AppError } from '../errors.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import { parseJsonInTurns } from '../pacing/parse-json-in-turns.ts';
import { GatheredBytes } from '../gathered-bytes.ts';

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: unknown }
  | { readonly type: 'ERROR'; readonly code: number; readonly message: string };

/** An object has at most 1.5 MB in etcd, more as JSON. */
const maxLineBytes = 16 * 1024 * 1024;
const lineEnd = 10;
/** Of an object of more members only some are kept: its readers want its name and a few labels. */
const mostMembers = 50_000;

export async function* readWatchEvents(
  body: Readable,
  asError: (error: unknown) => AppError,
): AsyncGenerator<WatchEvent, void, void> {
  const gathered = new GatheredBytes();
  try {
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) continue;
      let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      for (let end = rest.indexOf(lineEnd); end >= 0; end = rest.indexOf(lineEnd)) {
        gathered.add(rest.subarray(0, end));
        rest = rest.subarray(end + 1);
        const line = gathered.text();
        gathered.clear();
        const event = await parseEvent(line);
        if (event !== undefined) yield event;
      }
      gathered.add(rest);
      if (gathered.length > maxLineBytes) {
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

/** In turns of the event loop: anybody who may write one object can make a line of megabytes. */
async function parseEvent(line: string): Promise<WatchEvent | undefined> {
  const parsed = await parseJsonInTurns(line, { ...jsonBounds.kubernetes, mostMembers });
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
