import { jsonTexts } from './pieces.ts';
import { inTurns } from './in-turns.ts';

/** As JSON.stringify, in UTF-8, without holding up the event loop for a large value. */
export function largeJson(value: unknown): Promise<Buffer> {
  return encodeInTurns(jsonTexts(value));
}

/** The parts as one text in UTF-8; each is made when it is asked for, with other work in between. */
export async function encodeInTurns(parts: Iterable<string>): Promise<Buffer> {
  const all: Buffer[] = [];
  await inTurns(parts, (part) => void all.push(Buffer.from(part)));
  return Buffer.concat(all);
}

/** Texts of this length are encoded and written at once. */
const chunkLength = 256 * 1024;

/** As JSON.stringify, in chunks for a file. */
export function* jsonChunks(value: unknown): Generator<Buffer, void> {
  let chunk = '';
  for (const text of jsonTexts(value)) {
    chunk += text;
    if (chunk.length < chunkLength) continue;
    yield Buffer.from(chunk);
    chunk = '';
  }
  if (chunk !== '') yield Buffer.from(chunk);
}
