/** Takes away guard routes to nodes that left the cluster. */
import { nameSome } from '../../../core/name-some.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GuardRoutes } from '../../ports/guard-routes.ts';

export interface DepartedDeps {
  readonly routes: Pick<GuardRoutes, 'leaveOut'>;
  /** Picks the destinations that belong to no node any more; reads the whole cluster. */
  readonly departed: (destinations: readonly string[]) => Promise<readonly string[]>;
  readonly clock: Pick<Clock, 'elapsed' | 'random'>;
  readonly logger: Pick<Logger, 'info'>;
}

const firstMs = 30_000;
const againMs = 120_000;

/**
 * Called with the destinations to which only guard routes lead. The agent looks up in the cluster
 * those that stay so, each agent at a random time; a session that restarts is back before.
 */
export function createDepartedRoutes(
  deps: DepartedDeps,
): (carrying: readonly string[]) => Promise<void> {
  const { clock } = deps;
  let readAtMs: number | undefined;
  return async (carrying) => {
    const nowMs = clock.elapsed();
    if (carrying.length === 0) {
      readAtMs = undefined;
      return;
    }
    readAtMs ??= nowMs + firstMs * (1 + clock.random());
    if (nowMs < readAtMs) return;
    readAtMs = nowMs + againMs * (1 + clock.random());
    const gone = await deps.departed(carrying);
    if (gone.length === 0) return;
    deps.logger.info('took away the guard routes to nodes that left the cluster', {
      destinations: nameSome([...gone]),
    });
    await deps.routes.leaveOut(gone);
  };
}
