/** Routes that list the objects of stale nodes, and remove them by name. */
import { textAt } from '../../../core/input/plain-data.ts';
import { json, jsonInTurns, type HttpRequest, type Reply } from '../../../runtime/http/route.ts';
import type { StaleNodeOperations } from '../../app/operations/stale-nodes.ts';
import { namesBody, readObject, unreadable } from '../request/json-body.ts';
import type { AgentRoute, RouteContext } from '../routing/agent-route.ts';

/** The longest name of a node in the datastores. */
const maxName = 253;

export function staleNodeRoutes({ on, shared }: RouteContext): readonly AgentRoute[] {
  const staleNodes = shared(({ operations }) => operations.staleNodes());
  return [
    {
      method: 'GET',
      path: '/v1/stale-nodes',
      access: 'write',
      handle: async () => jsonInTurns({ nodes: await staleNodes() }),
    },
    {
      method: 'POST',
      path: '/v1/stale-nodes',
      // It changes nothing, but calls with their own lists cannot share a run.
      access: 'write',
      audit: { none: 'changes nothing' },
      body: namesBody,
      handle: on('operations', listStaleNodes),
    },
    {
      method: 'POST',
      path: '/v1/stale-nodes/remove',
      access: 'write',
      audit: { action: 'stale-nodes remove' },
      body: namesBody,
      handle: on('operations', removeStaleNode),
    },
  ];
}

async function listStaleNodes(
  operations: StaleNodeOperations,
  { body }: HttpRequest,
): Promise<Reply> {
  const living = namesOf((await readObject(body, ['living']))['living']);
  return json({ nodes: await operations.staleNodes(living) });
}

async function removeStaleNode(
  operations: StaleNodeOperations,
  { body }: HttpRequest,
): Promise<Reply> {
  const data = await readObject(body, ['name', 'force', 'living']);
  const name = textAt(data, 'name');
  if (!isName(name)) throw unreadable('name has to be the name of a node');
  const { force = false } = data;
  if (typeof force !== 'boolean') throw unreadable('force has to be true or false');
  const living = data['living'] === undefined ? {} : { living: namesOf(data['living']) };
  await operations.removeStaleNode(name, { force, ...living });
  return json({ removed: name });
}

/** Refuses an empty list: it would make every node stale, and must be a mistake. */
function namesOf(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.length > 0 && value.every(isName)) return value;
  throw unreadable('living has to be a list of the names of all nodes');
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxName;
}
