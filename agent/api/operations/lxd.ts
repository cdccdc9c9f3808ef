/** Routes for LXD's profiles and containers on this machine. */
import { json, jsonInTurns, type HttpRequest, type Reply } from '../../../runtime/http/route.ts';
import type { LxdOperations } from '../../app/lxd/lxd-operations.ts';
import { namesBody, readObject, unreadable } from '../request/json-body.ts';
import type { AgentRoute, RouteContext } from '../routing/agent-route.ts';

const maxContainers = 1000;

export function lxdRoutes({ on, shared }: RouteContext): readonly AgentRoute[] {
  const report = shared(({ lxd }) => lxd.report());
  return [
    {
      method: 'GET',
      path: '/v1/lxd',
      access: 'read',
      handle: async () => jsonInTurns(await report()),
    },
    {
      method: 'POST',
      path: '/v1/lxd/restart',
      access: 'write',
      audit: { action: 'lxd restart' },
      body: namesBody,
      handle: on('lxd', restartContainers),
    },
  ];
}

/**
 * Answers when the last container is up, or one did not come back. Begins no further restart when
 * the client has gone.
 */
async function restartContainers(lxd: LxdOperations, request: HttpRequest): Promise<Reply> {
  const { body, signal } = request;
  const { containers = [] } = await readObject(body, ['containers']);
  if (!isNames(containers) || containers.length > maxContainers) {
    throw unreadable(`containers has to be a list of at most ${String(maxContainers)} names`);
  }
  return json(await lxd.restart(containers, signal));
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '');
}
