import { jsonTexts } from './pieces.ts';
import { inTurns } from './in-turns.ts';

/** As JSON.stringify, without holding up the event loop where the value is large. */
export function largeJson(value: unknown): Promise<string> {
  return joinInTurns(jsonTexts(value));
}

/** The parts as one text; each is made when it is asked for, with other work in between. */
export async function joinInTurns(parts: Iterable<string>): Promise<string> {
  const all: string[] = [];
  await inTurns(parts, (part) => void all.push(part));
  return all.join('');
}
