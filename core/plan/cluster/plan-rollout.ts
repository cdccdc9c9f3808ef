/** Restarts of the pods of a DaemonSet or Deployment: a mark in its template, then a wait until all pods are new. */
import type { ClusterChange } from '../../platform/cluster/cluster-change.ts';
import type { ClusterEdit } from '../../platform/cluster/cluster-edit.ts';
import { isSameRef, refText, type ObjectRef } from '../../platform/cluster/object-ref.ts';
import type { ObservedCluster } from '../../platform/cluster/observed-cluster.ts';
import { rolloutMark, rolloutState } from '../../platform/cluster/parse-workload.ts';
import type { Step } from '../plan.ts';

type Rollout = Extract<ClusterEdit, { readonly form: 'rollout' }>;

export interface Mark {
  readonly workload: ObjectRef;
  readonly mark: string;
}

export interface RolloutPlan {
  readonly changes: readonly ClusterChange[];
  /** A change of the workload itself has the mark as well: the pods are replaced once. */
  readonly marks?: readonly Mark[];
  readonly wait?: Step<ClusterChange>;
  readonly missing?: ObjectRef;
}

const nothing: RolloutPlan = { changes: [] };

/** @param changes those of objects in the same stage */
export function planRollout(
  edit: Rollout,
  changes: readonly ClusterChange[],
  { workloads, objects }: ObservedCluster,
): RolloutPlan {
  const { workload, mark, withinSeconds, reasons, after } = edit;
  const found = workloads.find(({ object }) => isSameRef(object, workload));
  if (found === undefined) return { ...nothing, missing: workload };
  const isChanging = (ref: ObjectRef): boolean =>
    changes.some((change) => 'object' in change && isSameRef(change.object, ref));
  const isChanged = (ref: ObjectRef): boolean =>
    objects.some(({ object, undo }) => isSameRef(object, ref) && undo.state !== 'none');
  const isAsIs = after !== undefined && !after.some((ref) => isChanging(ref) || isChanged(ref));
  const wait = waitFor(workload, withinSeconds);
  if (found.mark === mark || isAsIs) {
    return rolloutState(found).state === 'complete' ? nothing : { ...nothing, wait };
  }
  if (isChanging(workload)) return { ...nothing, marks: [{ workload, mark }], wait };
  const [reason] = reasons;
  const why = `its pods read their settings only at their start${reason === undefined ? '' : ` (${reason.rule})`}`;
  const scope = { kind: 'cluster' } as const;
  return { changes: [{ action: 'rollout', scope, workload, mark, withinSeconds, why }], wait };
}

function waitFor(workload: ObjectRef, withinSeconds: number): Step<ClusterChange> {
  return {
    title: `Wait for the pods of ${refText(workload)}`,
    why: 'a DaemonSet replaces its pods node by node',
    gates: [{ kind: 'rollout', workload, withinSeconds }],
    changes: [],
  };
}

export function withMarks(
  changes: readonly ClusterChange[],
  marks: readonly Mark[],
): readonly ClusterChange[] {
  return changes.map((change) => {
    if (change.action !== 'apply-object' || change.write === undefined) return change;
    const found = marks.find(({ workload }) => isSameRef(workload, change.object));
    if (found === undefined) return change;
    const path = ['spec', 'template', 'metadata', 'annotations', rolloutMark];
    const edits = [...change.write.edits, { path, value: found.mark }];
    return { ...change, write: { ...change.write, edits } };
  });
}
