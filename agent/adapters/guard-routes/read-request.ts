/** Reads the one line that a client of the helper sends. The client is not trusted. */
import type { Readable } from 'node:stream';
import { jsonBounds } from '../../../core/input/bounds.ts';

const { maxBytes } = jsonBounds.guardRequest;
/** The helpers run one at a time, so a client that sends nothing must not keep the next one waiting. */
const usualMs = 2000;

/** The text up to the line's end, the bound or the deadline: a part of a line is no request. */
export async function readRequest(input: Readable, mostMs = usualMs): Promise<string> {
  let text = '';
  input.setEncoding('utf8');
  const timer = setTimeout(() => input.destroy(), mostMs);
  try {
    for await (const chunk of input) {
      text += String(chunk);
      if (text.includes('\n') || text.length > maxBytes) break;
    }
  } catch {
    // The client has gone, or was too slow: what came so far is judged.
  } finally {
    clearTimeout(timer);
  }
  return text;
}
