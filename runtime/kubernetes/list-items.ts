/** Reads a list of the API server item by item, while it arrives. */
import type { Readable } from 'node:stream';
import { jsonBounds } from '../../core/input/bounds.ts';
import { stubOfDeepItem } from '../../core/input/deep-items.ts';
import type { ParsedJson, UnparsedJson } from '../../core/input/parse-json.ts';
import { isMap } from '../../core/input/plain-data.ts';
import type { Deadline } from '../pacing/deadline.ts';
import { createTurns, finishInTurns } from '../pacing/in-turns.ts';
import { parseJsonInTurns } from '../pacing/parse-json-in-turns.ts';
import { AnswerTooLarge } from './answer-body.ts';
import { ItemCutter } from './item-cutter.ts';

export interface ItemReader {
  /** Called for each item in turn; the next one is read when it is done. */
  readonly take: (item: unknown) => Promise<void> | void;
  /** An object of more members keeps one more than this: `take` has to refuse it. */
  readonly mostMembers?: number;
}

const bounds = jsonBounds.kubernetes;
/** A server without pages sends all objects of a kind in one answer: 100,000 of them, and more. */
const mostListBytes = 256 * 2 ** 20;
/** Bytes that are cut between two rests. */
const pieceLength = 16_384;

/**
 * The list without its items, which were given to the reader.
 * @param what completes `cannot …`
 * @param deadline for the server: the time that this process takes for the items does not count
 * @throws AnswerTooLarge, and what `take` throws
 */
export async function readItems(
  { body }: { readonly body: Readable },
  what: string,
  reader: ItemReader,
  deadline?: Pick<Deadline, 'uncounted'>,
): Promise<ParsedJson> {
  const cutter = new ItemCutter({ maxItemBytes: bounds.maxBytes });
  const breathe = createTurns();
  let length = 0;
  const readChunk = async (bytes: Buffer): Promise<UnparsedJson | undefined> => {
    for (let from = 0; from < bytes.length; from += pieceLength) {
      const texts = cutter.cut(bytes.subarray(from, from + pieceLength));
      if (cutter.isTooLarge) throw tooLarge(what, bounds.maxBytes);
      for (const text of texts) {
        const parsed = await parseItem(text, reader);
        if (!parsed.ok) return parsed;
        const taking = reader.take(parsed.data);
        if (taking !== undefined) await taking;
      }
      const waiting = breathe();
      if (waiting !== undefined) await waiting;
    }
    return undefined;
  };
  try {
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) continue;
      length += chunk.length;
      if (length > mostListBytes) throw tooLarge(what, mostListBytes);
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const read = (): Promise<UnparsedJson | undefined> => readChunk(bytes);
      const unread = await (deadline?.uncounted(read) ?? read());
      if (unread !== undefined) return unread;
    }
  } finally {
    body.destroy();
  }
  return parseJsonInTurns(cutter.around(), bounds);
}

/**
 * Why an answer without its items is no list of Kubernetes; undefined: it is one. An API server names the kind in each
 * list (`NodeList`, `List`), and has the key `items` also in an empty one; Go writes `null` for a list that was never
 * filled. Any other JSON text, as `{}` of a proxy, must not count as an empty list: all objects would seem to be gone.
 */
export function whyNoList(data: unknown): string | undefined {
  if (!isMap(data)) return 'it is no list';
  const { kind, items } = data;
  if (typeof kind !== 'string' || !kind.endsWith('List')) return 'it has no kind of a list';
  return Array.isArray(items) || items === null ? undefined : 'it is a list without items';
}

function tooLarge(what: string, most: number): AnswerTooLarge {
  return new AnswerTooLarge(what, `${String(most)} bytes`);
}

/** The levels of the list around an item. */
const listDepth = 2;

/** Gives a stub for an item that is nested too deep. */
async function parseItem(text: string, { mostMembers }: ItemReader): Promise<ParsedJson> {
  const itemBounds = {
    ...bounds,
    maxDepth: bounds.maxDepth - listDepth,
    ...(mostMembers !== undefined && { mostMembers }),
  };
  const parsed = await parseJsonInTurns(text, itemBounds);
  if (parsed.ok || parsed.isTooDeep !== true) return parsed;
  return { ok: true, data: await finishInTurns(stubOfDeepItem(text, bounds)) };
}
