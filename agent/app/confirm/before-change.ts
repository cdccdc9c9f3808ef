/** This node as it was before the change that runs, and what has come back since. */
import type { Baseline } from '../../../core/confirm/baseline.ts';
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import type { StateStore } from '../state/agent-state.ts';
import type { NodeObserver } from './observe-node.ts';

export interface BeforeChange {
  /** Undefined: no change runs, or nobody observed this node before it. */
  readonly before: () => Baseline | undefined;
  readonly routes: () => Promise<FleetReport['routes']>;
}

export function createBeforeChange(
  state: Pick<StateStore, 'current'>,
  observer: Pick<NodeObserver, 'routes'>,
): BeforeChange {
  const before = (): Baseline | undefined => state.current().confirming?.baseline;
  return {
    before,
    routes: async () => {
      const baseline = before();
      return baseline === undefined ? 'unknown' : observer.routes(baseline);
    },
  };
}
