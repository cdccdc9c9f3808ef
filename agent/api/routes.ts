/**
 * The local API: every resource of the agent's sockets, in a folder for each purpose. A route stands
 * beside its handler and its audit line. Described in schemas/agent-api.openapi.yaml; a test keeps the
 * two together.
 */
import type { Route } from '../../runtime/http/route.ts';
import { configRoutes } from './config/config.ts';
import { confirmRoutes } from './config/confirm.ts';
import { previewRoutes } from './config/preview.ts';
import { revisionRoutes } from './config/revisions.ts';
import { hookRoutes } from './juju/hooks.ts';
import { factsRoutes } from './node/facts.ts';
import { peersRoute } from './node/peers.ts';
import { platformRoute } from './node/platform.ts';
import { resourcesRoute } from './node/resources.ts';
import { driftRoutes } from './operations/drift.ts';
import { exportRoute } from './operations/export.ts';
import { holdRoutes } from './operations/hold.ts';
import { lxdRoutes } from './operations/lxd.ts';
import { ownershipRoutes } from './operations/ownership.ts';
import { staleNodeRoutes } from './operations/stale-nodes.ts';
import {
  createRouteContext,
  servedRoute,
  type AgentRoute,
  type Served,
} from './routing/agent-route.ts';
import { eventsRoute } from './status/events.ts';
import { metricsRoute } from './status/metrics.ts';
import { statusRoutes } from './status/status.ts';

export function createRoutes(served: Served): readonly Route[] {
  const context = createRouteContext(served);
  const routes: readonly AgentRoute[] = [
    ...statusRoutes(context),
    eventsRoute(context),
    metricsRoute(async () => {
      const { counters } = await served.ready();
      return { status: served.status, counters };
    }),
    ...configRoutes(context),
    ...previewRoutes(context),
    ...revisionRoutes(context),
    ...confirmRoutes(context),
    resourcesRoute(context),
    peersRoute(context),
    platformRoute(context),
    ...factsRoutes(context),
    ...driftRoutes(context),
    ...holdRoutes(context),
    ...ownershipRoutes(context),
    exportRoute(context),
    ...staleNodeRoutes(context),
    ...lxdRoutes(context),
    ...hookRoutes(context),
  ];
  return routes.map((route) => servedRoute(route, served));
}
