/** Routes for holds: this agent, or every agent of the cluster, writes nothing. */
import { textAt } from '../../../core/input/plain-data.ts';
import { json, type HttpRequest, type Reply } from '../../../runtime/http/route.ts';
import type { HoldScope } from '../../app/apply/known-writer.ts';
import type { HoldOperations } from '../../app/operations/hold.ts';
import { readObject, unreadable } from '../request/json-body.ts';
import { maxBy, readChoice, readText } from '../../../runtime/http/request/query.ts';
import type { AgentRoute, RouteContext } from '../routing/agent-route.ts';

/** The limit of the writer record. */
const maxWhy = 1024;
const holdBody = { maxBytes: 16 * 1024, mediaTypes: ['application/json'] };
const scopes: readonly HoldScope[] = ['agent', 'cluster'];

export function holdRoutes({ on }: RouteContext): readonly AgentRoute[] {
  return [
    {
      method: 'PUT',
      path: '/v1/hold',
      access: 'write',
      audit: { action: 'hold' },
      body: holdBody,
      handle: on('operations', putHold),
    },
    {
      method: 'DELETE',
      path: '/v1/hold',
      access: 'write',
      audit: { action: 'release-hold' },
      query: ['scope'],
      handle: on('operations', deleteHold),
    },
  ];
}

async function putHold(operations: HoldOperations, { query, body }: HttpRequest): Promise<Reply> {
  const data = await readObject(body, ['scope', 'why']);
  const scope = scopes.find((known) => known === (data['scope'] ?? 'agent'));
  const why = textAt(data, 'why')?.trim() ?? '';
  if (scope === undefined) throw unreadable('scope has to be agent or cluster');
  if (why === '' || why.length > maxWhy) {
    throw unreadable(`why has to be a text of 1 to ${String(maxWhy)} characters`);
  }
  const hold = { scope, by: readText(query, 'by', maxBy) ?? 'local', why };
  await operations.hold(hold);
  return json(hold);
}

async function deleteHold(operations: HoldOperations, { query }: HttpRequest): Promise<Reply> {
  const scope = readChoice(query, 'scope', scopes) ?? 'agent';
  await operations.releaseHold(scope);
  return json({ scope });
}
