/** Puts the steps of the cluster into a plan of the other targets. */
import { hasErrors, type Issue } from '../../issue.ts';
import type { ClusterEdit } from '../../platform/cluster/cluster-edit.ts';
import type { Desired } from '../../render/desired.ts';
import { orderTargets, type ClusterSteps } from '../order/order-targets.ts';
import type { AnyChange, AnyPlan, Step } from '../plan.ts';
import { isFor } from '../target-of.ts';
import { outsideSeconds } from '../wait-for-person.ts';

export interface ClusterPart extends ClusterSteps {
  readonly issues: readonly Issue[];
  /** Objects that the edits are about and the cluster does not have, as people name them. */
  readonly missing: readonly string[];
}

/** With an object missing nothing of the cluster changes, and the change waits for it at its end. */
export function joinCluster(
  plan: AnyPlan,
  { early, late, issues, missing }: ClusterPart,
  edits: readonly ClusterEdit[],
  { platform }: Pick<Desired, 'platform'>,
): AnyPlan {
  const all = [...plan.issues, ...issues];
  if (hasErrors(all)) return { ...plan, issues: all, steps: [] };
  const isOfPlatform =
    platform !== undefined ||
    plan.steps.some(({ changes }) => changes.some((change) => isFor('host', change)));
  const steps = missing.length === 0 ? { early, late } : { early: [], late: [awaits(missing)] };
  const restart = platform?.settings.restart;
  const ordered = orderTargets(plan.steps, steps, edits, isOfPlatform, restart);
  return { ...plan, issues: all, steps: ordered };
}

function awaits(missing: readonly string[]): Step<AnyChange> {
  const what = `the cluster has ${missing.join(', ')}`;
  return {
    title: 'Wait for objects of Kubernetes',
    why: 'the configuration changes them, and another program makes them',
    gates: [{ kind: 'outside', what, withinSeconds: outsideSeconds }],
    changes: [],
  };
}
