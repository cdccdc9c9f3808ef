/**
 * Routes for adopting and releasing objects. Both read the whole datastore, so not every user of
 * the machine may ask for it.
 */
import { jsonInTurns } from '../../../runtime/http/route.ts';
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
