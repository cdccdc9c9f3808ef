/** Routes for drift, and for its correction. */
import { json, jsonInTurns } from '../../../runtime/http/route.ts';
import type { AgentRoute, RouteContext } from '../routing/agent-route.ts';

export function driftRoutes({ on, shared }: RouteContext): readonly AgentRoute[] {
  const drift = shared(({ operations }) => operations.drift());
  return [
    {
      method: 'GET',
      path: '/v1/drift',
      access: 'read',
      handle: async () => jsonInTurns(await drift()),
    },
    {
      method: 'POST',
      path: '/v1/drift/correct',
      access: 'write',
      audit: { action: 'drift --correct' },
      handle: on('operations', async (operations) => json(await operations.correctDrift())),
    },
  ];
}
