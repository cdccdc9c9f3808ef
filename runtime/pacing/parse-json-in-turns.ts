import type { JsonBounds } from '../../core/input/bounds.ts';
import { parseJsonInParts, type ParsedJson } from '../../core/input/parse-json.ts';
import { finishInTurns } from './in-turns.ts';

/** As parseJson, without holding up the event loop for a long text. */
export function parseJsonInTurns(text: string, bounds: JsonBounds): Promise<ParsedJson> {
  return finishInTurns(parseJsonInParts(text, bounds));
}
