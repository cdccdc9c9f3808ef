/** How this node is, before a change and after it. Asks nobody outside of the machine, but for lost blocks. */
import { baselineOf, routedDestinations, type Baseline } from '../../../core/confirm/baseline.ts';
import { judgeHealth, type Health } from '../../../core/confirm/health.ts';
import { lostRoutes } from '../../../core/confirm/lost-routes.ts';
import type { KernelRoute } from '../../../core/sessions/parse-kernel-routes.ts';
import type { Read } from '../../../core/sessions/session.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CalicoDatastore } from '../../ports/datastore/calico-datastore.ts';
import type { HostRoutes } from '../../ports/host-routes.ts';
import type { SessionsObserver } from '../sessions/observe-sessions.ts';

export interface NodeObserver {
  /** Undefined: nothing on this machine tells how the change goes. */
  baseline(): Promise<Baseline | undefined>;
  /** @param datastore why it does not hold what was written; undefined: it does */
  health(before: Baseline, appliedSeconds: number, datastore: string | undefined): Promise<Health>;
}

export interface NodeObserverDeps {
  readonly sessions: Pick<SessionsObserver, 'read'>;
  /** Absent: nobody knows the kernel's routes. */
  readonly routes?: HostRoutes | undefined;
  readonly datastore: Pick<CalicoDatastore, 'blocks' | 'reachesCluster'>;
  readonly controllerState: () => AgentStatus['controller'];
  readonly clock: Pick<Clock, 'elapsed'>;
}

/** Reading all blocks of a cluster is much work for its datastore. */
const blocksEveryMs = 10_000;

export function createNodeObserver(deps: NodeObserverDeps): NodeObserver {
  const { sessions, datastore, controllerState } = deps;
  const releasedOf = createReleasedBlocks(deps);
  const routesNow = (): Promise<Read<readonly KernelRoute[]>> =>
    deps.routes?.birdRoutes() ?? Promise.resolve({ ok: false, why: 'nobody knows the routes' });
  return {
    baseline: async () => {
      if (!datastore.reachesCluster) return undefined;
      const [{ daemons }, routes] = await Promise.all([sessions.read(), routesNow()]);
      if (daemons.length === 0) return undefined;
      return baselineOf({ daemons, routes, controller: controllerState()?.connected === true });
    },
    health: async (before, appliedSeconds, why) => {
      const [{ daemons, verdicts }, read] = await Promise.all([sessions.read(), routesNow()]);
      const controller = controllerState()?.connected;
      const routes = read.ok ? routedDestinations(read.value) : undefined;
      const lost = routes === undefined ? [] : lostRoutes(before.routes ?? [], routes);
      const released = lost.length === 0 ? undefined : await releasedOf(lost);
      return judgeHealth(before, {
        daemons,
        verdicts,
        appliedSeconds,
        ...(routes !== undefined && { routes }),
        ...(released !== undefined && { released }),
        ...(why !== undefined && { datastore: why }),
        ...(controller !== undefined && { controller }),
      });
    },
  };
}

/** Blocks come and go with their pods: nobody has a route to one that is given back. */
function createReleasedBlocks({
  datastore,
  clock,
}: NodeObserverDeps): (lost: readonly string[]) => Promise<ReadonlySet<string> | undefined> {
  let readAtMs: number | undefined;
  let present: ReadonlySet<string> | undefined;
  return async (lost) => {
    if (readAtMs === undefined || clock.elapsed() - readAtMs >= blocksEveryMs) {
      readAtMs = clock.elapsed();
      const blocks = await datastore.blocks?.().catch(() => undefined);
      present = blocks === undefined ? undefined : new Set(blocks.map(({ cidr }) => cidr));
    }
    const known = present;
    return known === undefined ? undefined : new Set(lost.filter((one) => !known.has(one)));
  };
}
