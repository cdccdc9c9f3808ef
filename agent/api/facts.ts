import { AppError } from '../../runtime/errors.ts';
import { json, type HttpRequest, type Reply } from '../../runtime/http/server.ts';
import type { FactsIntake } from '../app/derive/facts-intake.ts';
import type { Readings } from '../app/status/readings.ts';

export function getFacts(readings: Readings): Reply {
  return json(readings.facts());
}

export async function putFacts(facts: FactsIntake, { body, signal }: HttpRequest): Promise<Reply> {
  const read = await facts.read(body, { signal });
  if (read.ok) return json(await facts.put(read.input));
  throw new AppError('invalid-facts', 'cannot take the facts: they have errors', {
    issues: read.issues,
  });
}
