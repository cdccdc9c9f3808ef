/** Which platform this node is, and where its network settings come from. */
import { jsonInTurns } from '../../../runtime/http/route.ts';
import type { ReadingRoute, RouteContext } from '../routing/agent-route.ts';

export function platformRoute({ shared }: RouteContext): ReadingRoute {
  return {
    method: 'GET',
    path: '/v1/platform',
    access: 'read',
    handle: shared(async ({ platform }) => jsonInTurns(await platform.read())),
  };
}
