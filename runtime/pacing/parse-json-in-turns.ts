import {
  parseJsonInParts,
  type CrowdedBounds,
  type ParsedJson,
} from '../../core/input/parse-json.ts';
import { finishInTurns } from './in-turns.ts';

/** As parseJson, without holding up the event loop for a long text. */
export function parseJsonInTurns(text: string, bounds: CrowdedBounds): Promise<ParsedJson> {
  return finishInTurns(parseJsonInParts(text, bounds));
}
