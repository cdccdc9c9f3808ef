/** This node's baseline before the running change, and the routes that have come back since. */
import type { Baseline } from '../../../core/confirm/baseline.ts';
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { StateStore } from '../state/agent-state.ts';
import type { NodeObserver } from './observe-node.ts';

export interface BeforeChange {
  /**
   * Also while the change is rolled back. The baseline; undefined: no change runs, or nobody
   * observed this node before it.
   */
  readonly before: () => Baseline | undefined;
  readonly routes: () => Promise<FleetReport['routes']>;
}

export function createBeforeChange(
  state: Pick<StateStore, 'current'>,
  observer: Pick<NodeObserver, 'routes'>,
): BeforeChange {
  const before = (): Baseline | undefined => {
    const { accepted, confirming, beforeRollback } = state.current();
    if (confirming !== undefined) return confirming.baseline;
    const isTarget =
      beforeRollback !== undefined &&
      accepted !== undefined &&
      sameRevision(beforeRollback.revision, accepted);
    return isTarget ? beforeRollback.baseline : undefined;
  };
  return {
    before,
    routes: async () => {
      const baseline = before();
      return baseline === undefined ? 'unknown' : observer.routes(baseline);
    },
  };
}
