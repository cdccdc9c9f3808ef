/** Reads the one line that a client of a helper sends. The client is not trusted. */
import type { Readable } from 'node:stream';
import type { JsonBounds } from '../../core/input/bounds.ts';

/** The helpers run one at a time, so a client that sends nothing must not keep the next one waiting. */
const usualMs = 2000;

/**
 * The text up to the chunk with the line's end, the bound or the deadline: a part of a line is no
 * request, and neither is a line with more behind it.
 */
export async function readRequest(
  input: Readable,
  { maxBytes }: Pick<JsonBounds, 'maxBytes'>,
  mostMs = usualMs,
): Promise<string> {
  let text = '';
  input.setEncoding('utf8');
  const timer = setTimeout(() => input.destroy(), mostMs);
  try {
    for await (const chunk of input) {
      const part = String(chunk);
      text += part;
      // Only the part: the whole text is long, and comes in hundreds of parts.
      if (part.includes('\n') || text.length > maxBytes) break;
    }
  } catch {
    // The client has gone, or was too slow: what came so far is judged.
  } finally {
    clearTimeout(timer);
  }
  return text;
}
