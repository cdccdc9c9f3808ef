import type { JsonBounds } from '../../core/input/bounds.ts';
import { parseJsonInParts, type ParsedJson } from '../../core/input/parse-json.ts';
import { createTurns } from './in-turns.ts';

/** As parseJson, without holding up the event loop where the text is long. */
export async function parseJsonInTurns(text: string, bounds: JsonBounds): Promise<ParsedJson> {
  const breathe = createTurns();
  const parts = parseJsonInParts(text, bounds);
  let step = parts.next();
  while (step.done !== true) {
    await breathe();
    step = parts.next();
  }
  return step.value;
}
