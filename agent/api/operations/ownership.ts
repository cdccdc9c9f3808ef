/**
 * Taking objects over, and giving them up. Both read the whole datastore, which not everybody on the
 * machine may ask for.
 */
import { jsonInTurns } from '../../../runtime/http/server.ts';
import type { AgentRoute, RouteContext } from '../routing/agent-route.ts';

export function ownershipRoutes({ on, shared }: RouteContext): readonly AgentRoute[] {
  const adoptable = shared(({ operations }) => operations.adoptable());
  const owned = shared(({ operations }) => operations.owned());
  return [
    {
      method: 'GET',
      path: '/v1/adoptable',
      access: 'write',
      handle: async () => jsonInTurns({ objects: await adoptable() }),
    },
    {
      method: 'POST',
      path: '/v1/adopt',
      access: 'write',
      audit: { action: 'adopt' },
      handle: on('operations', async (operations) =>
        jsonInTurns({ objects: await operations.adopt() }),
      ),
    },
    {
      method: 'GET',
      path: '/v1/owned',
      access: 'write',
      handle: async () => jsonInTurns({ objects: await owned() }),
    },
    {
      method: 'POST',
      path: '/v1/release',
      access: 'write',
      audit: { action: 'release' },
      handle: on('operations', async (operations) => jsonInTurns(await operations.release())),
    },
  ];
}
