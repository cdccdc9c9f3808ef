/**
 * Observes this node before and after a change. Asks only this machine, except about lost blocks.
 */
import { baselineOf, routedDestinations, type Baseline } from '../../../core/confirm/baseline.ts';
import { judgeHealth, type Health } from '../../../core/confirm/health.ts';
import {
  desertedBlocks,
  lostRoutes,
  missingRoutes,
  ownersOf,
  type RoutesAfter,
} from '../../../core/confirm/missing-routes.ts';
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import type { LeftBlock } from '../../../core/observe/observed.ts';
import type { KernelRoute } from '../../../core/sessions/parse-kernel-routes.ts';
import type { Read } from '../../../core/sessions/session.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CalicoDatastore } from '../../ports/datastore/calico-datastore.ts';
import type { HostRoutes } from '../../ports/host-routes.ts';
import type { SessionsObserver } from '../sessions/observe-sessions.ts';

export interface NodeObserver {
  /** Undefined: this machine has nothing by which a change could be judged. */
  baseline(): Promise<Baseline | undefined>;
  /** @param datastore why the datastore does not hold the desired state; undefined: it does */
  health(
    before: Baseline,
    appliedSeconds: number,
    datastore: string | undefined,
  ): Promise<ObservedHealth>;
  /** Whether each pod block that had a route before has one. */
  routes(before: Baseline): Promise<FleetReport['routes']>;
}

export interface ObservedHealth extends Health {
  /** The nodes with a block to which no route is left, as far as they are known. */
  readonly cutOff: readonly string[];
}

export interface NodeObserverDeps {
  readonly sessions: Pick<SessionsObserver, 'read'>;
  /** Absent: nobody knows the kernel's routes. */
  readonly routes?: HostRoutes | undefined;
  /** Called with the kernel's routes before a change, where they can be read. */
  readonly keepRoutes?: ((before: readonly KernelRoute[]) => void) | undefined;
  readonly datastore: Pick<CalicoDatastore, 'blocks' | 'reachesCluster'>;
  readonly controllerState: () => AgentStatus['controller'];
  /** Names of the nodes that are away while a change runs, as far as they are known. */
  readonly awayNodes: () => readonly string[];
  readonly clock: Pick<Clock, 'elapsed' | 'random'>;
}

export function createNodeObserver(deps: NodeObserverDeps): NodeObserver {
  const { sessions, datastore, controllerState } = deps;
  const lostBlocks = createLostBlocks(deps);
  const routesNow = (): Promise<Read<readonly KernelRoute[]>> =>
    deps.routes?.birdRoutes() ?? Promise.resolve({ ok: false, why: 'nobody knows the routes' });
  const routesAfter = async (before: Baseline): Promise<RoutesAfter & Partial<LostBlocks>> => {
    const read = await routesNow();
    if (!read.ok) return {};
    const routes = routedDestinations(read.value);
    const lost = await lostBlocks(lostRoutes(before.routes ?? [], routes));
    return { routes, ...lost };
  };
  return {
    baseline: async () => {
      if (!datastore.reachesCluster) return undefined;
      const [{ daemons }, routes] = await Promise.all([sessions.read(), routesNow()]);
      if (daemons.length === 0) return undefined;
      if (routes.ok) deps.keepRoutes?.(routes.value);
      return baselineOf({ daemons, routes, controller: controllerState()?.connected === true });
    },
    health: async (before, appliedSeconds, why) => {
      const [{ daemons, verdicts }, routes] = await Promise.all([
        sessions.read(),
        routesAfter(before),
      ]);
      const controller = controllerState()?.connected;
      const health = judgeHealth(before, {
        daemons,
        verdicts,
        appliedSeconds,
        ...routes,
        ...(why !== undefined && { datastore: why }),
        ...(controller !== undefined && { controller }),
      });
      return { ...health, cutOff: routes.owners ?? [] };
    },
    routes: async (before) => {
      const missing = missingRoutes(before, await routesAfter(before));
      if (missing === undefined) return 'unknown';
      return missing.length === 0 ? 'back' : 'missing';
    },
  };
}

/**
 * Reading all blocks of a cluster is much work for its datastore. A session that restarts takes the
 * routes of many nodes away at once, and they are back after about two seconds.
 */
const firstBlocksMs = 2000;
const blocksEveryMs = 10_000;

interface LostBlocks {
  readonly deserted: ReadonlySet<string>;
  /** The nodes that have the others of them. */
  readonly owners: readonly string[];
}

/**
 * Finds lost routes of blocks that went with their pods or with their machine: no node has a route
 * to those. Returns undefined where no route is lost, and as long as the blocks are not known.
 */
function createLostBlocks({
  datastore,
  awayNodes,
  clock,
}: NodeObserverDeps): (lost: readonly string[]) => Promise<LostBlocks | undefined> {
  let readAtMs: number | undefined;
  let present: readonly LeftBlock[] | undefined;
  return async (lost) => {
    const nowMs = clock.elapsed();
    if (lost.length === 0) {
      readAtMs = undefined;
      present = undefined;
      return undefined;
    }
    readAtMs ??= nowMs + firstBlocksMs * (1 + clock.random());
    if (nowMs >= readAtMs) {
      readAtMs = nowMs + blocksEveryMs * (1 + clock.random());
      present = await datastore.blocks?.().catch(() => undefined);
    }
    if (present === undefined) return undefined;
    const deserted = desertedBlocks(lost, present, awayNodes());
    const kept = lost.filter((one) => !deserted.has(one));
    return { deserted, owners: ownersOf(kept, present) };
  };
}
