/** The facts of this node. */
import { AppError } from '../../../runtime/errors.ts';
import { json, type HttpRequest, type Reply } from '../../../runtime/http/route.ts';
import type { FactsIntake } from '../../app/derive/facts-intake.ts';
import type { Readings } from '../../app/status/readings.ts';
import { configBody } from '../request/config-body.ts';
import type { AgentRoute, RouteContext } from '../routing/agent-route.ts';

const factsBody = { ...configBody, maxBytes: 256 * 1024 };

export function factsRoutes({ on }: RouteContext): readonly AgentRoute[] {
  return [
    { method: 'GET', path: '/v1/facts', access: 'read', handle: on('readings', getFacts) },
    {
      method: 'PUT',
      path: '/v1/facts',
      access: 'write',
      audit: { action: 'facts' },
      body: factsBody,
      handle: on('facts', putFacts),
    },
  ];
}

function getFacts(readings: Readings): Reply {
  return json(readings.facts());
}

async function putFacts(facts: FactsIntake, { body, signal }: HttpRequest): Promise<Reply> {
  const read = await facts.read(body, { signal });
  if (read.ok) return json(await facts.put(read.input));
  throw new AppError('invalid-facts', 'cannot take the facts: they have errors', {
    issues: read.issues,
  });
}
