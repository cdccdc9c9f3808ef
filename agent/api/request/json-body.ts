import { isMap, type PlainMap } from '../../../core/input/plain-data.ts';
import type { BodyLimits } from '../../../runtime/http/body.ts';
import { AppError } from '../../../runtime/errors.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJsonInTurns } from '../../../runtime/pacing/parse-json-in-turns.ts';

/** The body with a list of names; 100,000 fit. */
export const namesBody: BodyLimits = {
  maxBytes: 32 * 1024 * 1024,
  mediaTypes: ['application/json'],
};

/**
 * Reads the JSON object of a request's body.
 * @param known the fields that the object may have
 * @throws AppError bad-request
 */
export async function readObject(body: string, known: readonly string[]): Promise<PlainMap> {
  const parsed = await parseJsonInTurns(body, jsonBounds.request);
  if (!parsed.ok) throw unreadable(parsed.reason);
  const { data } = parsed;
  if (!isMap(data)) throw unreadable('it is not a JSON object');
  const unknown = Object.keys(data).find((name) => !known.includes(name));
  if (unknown === undefined) return data;
  throw unreadable(`its fields are ${known.join(', ')}, and not "${unknown.slice(0, 100)}"`);
}

export function unreadable(reason: string): AppError {
  return new AppError('bad-request', `cannot read the body: ${reason}`);
}
