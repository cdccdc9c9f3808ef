/** The steps of a plan in their order, with their gates and their losses. */
import type { Issue } from '../../issue.ts';
import type { Step } from '../plan.ts';
import type { ClusterAs } from '../cluster-as.ts';
import { findLosses } from './find-losses.ts';
import { orderPhases, type Unordered } from './order-phases.ts';
import type { PeersOfNodes } from './peers-of-node.ts';
import { setGates, type GateContext } from './set-gates.ts';

export interface Ordered {
  readonly steps: readonly Step[];
  /** The losses of traffic. */
  readonly losses: readonly Issue[];
}

export interface OrderContext extends GateContext {
  readonly clusterAs: ClusterAs;
  readonly peers: PeersOfNodes;
}

export function orderSteps(changes: Unordered, context: OrderContext): Ordered {
  const phases = orderPhases(changes);
  const { traffic } = context;
  return {
    steps: setGates(phases, context),
    losses: traffic === undefined ? [] : findLosses(phases, context, traffic),
  };
}
