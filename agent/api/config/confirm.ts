/** Routes by which a person confirms a revision or rolls it back. */
import { json, type HttpRequest, type Reply } from '../../../runtime/http/route.ts';
import type { Agent } from '../../app/agent.ts';
import {
  maxBy,
  maxRevisionName,
  readSeconds,
  readText,
} from '../../../runtime/http/request/query.ts';
import type { AgentRoute, RouteContext } from '../routing/agent-route.ts';
import { untilEnded } from '../routing/until-ended.ts';
import type { WaitSlots } from '../../../runtime/http/request/wait-slots.ts';

const maxWaitSeconds = 3600;

export function confirmRoutes({ ready, slots }: RouteContext): readonly AgentRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/confirm',
      access: 'write',
      audit: { action: 'confirm' },
      handle: async () => postConfirm(await ready()),
    },
    {
      method: 'POST',
      path: '/v1/rollback',
      access: 'write',
      audit: { action: 'rollback' },
      query: ['revision', 'wait'],
      handle: async (request) => postRollback(await ready(), request, slots),
    },
  ];
}

async function postConfirm({ operations }: Pick<Agent, 'operations'>): Promise<Reply> {
  const goesOn = await operations.doneByHand();
  if (goesOn !== undefined) return json({ revision: goesOn, goesOn: true });
  return json({ revision: await operations.confirm() });
}

async function postRollback(
  { operations, offers }: Pick<Agent, 'operations' | 'offers'>,
  { query, signal }: HttpRequest,
  slots: WaitSlots,
): Promise<Reply> {
  const waitSeconds = readSeconds(query, 'wait', maxWaitSeconds);
  const revision = readText(query, 'revision', maxRevisionName);
  const rolledBack = await operations.rollback({
    by: readText(query, 'by', maxBy) ?? 'local',
    ...(revision !== undefined && { revision }),
  });
  if (waitSeconds === undefined) return json(rolledBack);
  const ended = await slots.wait(waitSeconds, signal, (end) =>
    untilEnded(offers, rolledBack.to, end),
  );
  return json(ended === undefined ? rolledBack : { ...rolledBack, ended });
}
