/** Workloads that another program changes, because the agent changed what it reads: the Tigera operator. */
import type { ClusterChange } from '../../platform/cluster/cluster-change.ts';
import type { ClusterEdit } from '../../platform/cluster/cluster-edit.ts';
import { isSameRef, refText, type ObjectRef } from '../../platform/cluster/object-ref.ts';
import type { ObservedCluster } from '../../platform/cluster/observed-cluster.ts';
import { printable } from '../../printable.ts';
import type { Gate } from '../gate.ts';
import type { Step } from '../plan.ts';

type Awaited = Extract<ClusterEdit, { readonly form: 'awaited' }>;

export interface AwaitedPlan {
  readonly steps: readonly Step<ClusterChange>[];
  readonly missing?: ObjectRef;
}

/** The operator compares its objects within seconds; where it does not run, nobody changes them. */
const ownerSeconds = 15 * 60;
/** As for several hundred nodes, one after the other. */
const rolloutSeconds = 6 * 3600;

/**
 * Pods that are new and went away later are no reason to wait: in a large cluster a node is always down.
 */
export function planAwaited(
  { workload, registry }: Awaited,
  { workloads }: ObservedCluster,
): AwaitedPlan {
  const found = workloads.find(({ object }) => isSameRef(object, workload));
  if (found === undefined) return { steps: [], missing: workload };
  const { images, observedGeneration, generation, updated, desired } = found;
  const isAsked =
    registry === undefined || images.every((image) => image.startsWith(`${registry}/`));
  if (!isAsked) {
    const what = `${refText(workload)} has its images from ${printable(registry)}`;
    return { steps: [wait(workload, { kind: 'outside', what, withinSeconds: ownerSeconds })] };
  }
  const isRolledOut = observedGeneration >= generation && updated >= desired;
  if (isRolledOut) return { steps: [] };
  return { steps: [wait(workload, { kind: 'rollout', workload, withinSeconds: rolloutSeconds })] };
}

function wait(workload: ObjectRef, gate: Gate): Step<ClusterChange> {
  return {
    title: `Wait for the change of ${refText(workload)}`,
    why: 'the program that keeps it carries the change out',
    gates: [gate],
    changes: [],
  };
}
