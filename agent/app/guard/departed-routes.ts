/** Guard routes of nodes that left the cluster: nobody is there whom they could reach. */
import { nameSome } from '../../../core/name-some.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GuardRoutes } from '../../ports/guard-routes.ts';

export interface DepartedDeps {
  readonly routes: Pick<GuardRoutes, 'leaveOut'>;
  /** Of these destinations those that belong to no node any more; reads the whole cluster. */
  readonly departed: (destinations: readonly string[]) => Promise<readonly string[]>;
  readonly clock: Pick<Clock, 'elapsed' | 'random'>;
  readonly logger: Pick<Logger, 'info'>;
}

const firstMs = 30_000;
const againMs = 120_000;

/**
 * Called with the destinations that only the guard routes reach. Those that stay so are looked up in
 * the cluster, by each agent at a time of its own: a session that restarts is back before.
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
    deps.logger.info('guard routes of nodes that left the cluster are taken away', {
      destinations: nameSome([...gone]),
    });
    await deps.routes.leaveOut(gone);
  };
}
