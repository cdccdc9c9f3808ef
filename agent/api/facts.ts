import { AppError } from '../../runtime/errors.ts';
import { json, type HttpRequest, type Reply } from '../../runtime/http/server.ts';
import type { Agent } from '../app/agent.ts';

export function getFacts(agent: Agent): Reply {
  return json(agent.facts());
}

export async function putFacts(agent: Agent, { body, signal }: HttpRequest): Promise<Reply> {
  const read = await agent.readFacts(body, { signal });
  if (read.ok) return json(await agent.putFacts(read.input));
  throw new AppError('invalid-facts', 'cannot take the facts: they have errors', {
    issues: read.issues,
  });
}
