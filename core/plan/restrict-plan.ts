/**
 * The part of a plan that an agent may carry out while another one writes the cluster-wide
 * resources.
 */
import { piecesOf } from './order/change-pieces.ts';
import type { AnyChange, AnyPlan, Plan, Step } from './plan.ts';

export interface RestrictedPlan<C extends AnyChange> {
  readonly plan: Plan<C>;
  /** A part of the plan is left for the writer, or has to wait until the writer has written. */
  readonly waiting: boolean;
}

/**
 * The changes of node scope, up to and including the first step with changes of cluster scope,
 * which later steps need. A peer whose predecessor is not ours to delete waits as well.
 */
export function restrictPlan<C extends AnyChange>(plan: Plan<C>): RestrictedPlan<C> {
  const first = plan.steps.findIndex(({ changes }) => changes.some(isOfCluster));
  if (first === -1) return { plan, waiting: false };
  const steps = plan.steps
    .slice(0, first + 1)
    .map(restrictStep)
    .filter(({ changes }) => changes.length > 0);
  return { plan: { ...plan, steps }, waiting: true };
}

export function touchesCluster({ steps }: Pick<AnyPlan, 'steps'>): boolean {
  return steps.some(({ changes }) => changes.some(isOfCluster));
}

function restrictStep<C extends AnyChange>(step: Step<C>): Step<C> {
  const ours = [...piecesOf(step.changes)].filter((piece) => !piece.some(isOfCluster));
  return { ...step, changes: ours.flat() };
}

function isOfCluster(change: AnyChange): boolean {
  return 'scope' in change && change.scope.kind === 'cluster';
}
