/**
 * Restarts of the pods of DaemonSets and Deployments. Each change of a template replaces all pods, and is waited for,
 * also on the way back. Where nothing else of the template changes, a mark in it does the same; it is an edit as any
 * other, so it goes back with the others.
 */
import type { ClusterChange } from '../../platform/cluster/cluster-change.ts';
import type { ClusterEdit, ObjectEdit } from '../../platform/cluster/cluster-edit.ts';
import { isSameRef, refText, type ObjectRef } from '../../platform/cluster/object-ref.ts';
import type { ObservedCluster } from '../../platform/cluster/observed-cluster.ts';
import { rolloutMarkPath } from '../../platform/cluster/parse-workload.ts';
import type { Step } from '../plan.ts';

export type Rollout = Extract<ClusterEdit, { readonly form: 'rollout' }>;

export interface RolloutPlan {
  /** The mark as an edit of the workload: one request, so that the pods are replaced once. */
  readonly mark?: ObjectEdit;
  /** The workload does not change otherwise. */
  readonly changes: readonly ClusterChange[];
  readonly missing?: ObjectRef;
}

const nothing: RolloutPlan = { changes: [] };

/**
 * @param changes those of objects in the same stage
 */
export function planRollout(
  edit: Rollout,
  changes: readonly ClusterChange[],
  { workloads, objects }: ObservedCluster,
): RolloutPlan {
  const { workload, mark, withinSeconds, reasons, after, optional } = edit;
  const found = workloads.find(({ object }) => isSameRef(object, workload));
  if (found === undefined) return optional === true ? nothing : { ...nothing, missing: workload };
  const isChanging = (ref: ObjectRef): boolean =>
    changes.some((change) => 'object' in change && isSameRef(change.object, ref));
  const isChanged = (ref: ObjectRef): boolean =>
    objects.some(({ object, undo }) => isSameRef(object, ref) && undo.state !== 'none');
  const isAsIs = after !== undefined && !after.some((ref) => isChanging(ref) || isChanged(ref));
  if (found.mark === mark || isAsIs) return nothing;
  if (isChanging(workload)) return { ...nothing, mark: markEdit(edit, mark) };
  const [reason] = reasons;
  const why = `its pods read their settings only at their start${reason === undefined ? '' : ` (${reason.rule})`}`;
  const scope = { kind: 'cluster' } as const;
  return { changes: [{ action: 'rollout', scope, workload, mark, withinSeconds, why }] };
}

/** The mark as it is, so that no other edit of the workload takes it for one that nobody asks for any more. */
export function marksAsTheyAre(
  edits: readonly ClusterEdit[],
  { workloads }: ObservedCluster,
): readonly ObjectEdit[] {
  return edits.flatMap((edit) => {
    if (edit.form !== 'rollout') return [];
    const found = workloads.find(({ object }) => isSameRef(object, edit.workload));
    return found?.mark === undefined ? [] : [markEdit(edit, found.mark)];
  });
}

function markEdit({ workload, reasons }: Rollout, mark: string): ObjectEdit {
  return { form: 'field', object: workload, path: rolloutMarkPath, value: mark, reasons };
}

/** As for several hundred nodes, one after the other. */
const usualSeconds = 6 * 3600;

/**
 * Waits for the pods of the workloads that change now, or changed before and whose pods nobody has seen to be new.
 * @param refs the objects of the stage, and the workloads of its rollouts
 */
export function waitsForPods(
  refs: readonly ObjectRef[],
  changes: readonly ClusterChange[],
  edits: readonly ClusterEdit[],
  { objects, workloads }: ObservedCluster,
): readonly Step<ClusterChange>[] {
  const isRolling = (ref: ObjectRef): boolean =>
    changes.some((change) =>
      change.action === 'rollout'
        ? isSameRef(change.workload, ref)
        : change.action === 'apply-object' &&
          change.write?.isRollout === true &&
          isSameRef(change.object, ref),
    ) || objects.some((one) => one.isRollingOut === true && isSameRef(one.object, ref));
  const isThere = (ref: ObjectRef): boolean => workloads.some((one) => isSameRef(one.object, ref));
  return refs
    .filter((ref) => isThere(ref) && isRolling(ref))
    .map((workload) => {
      const asked = edits.find(
        (edit) => edit.form === 'rollout' && isSameRef(edit.workload, workload),
      );
      const withinSeconds = asked?.form === 'rollout' ? asked.withinSeconds : usualSeconds;
      return {
        title: `Wait for the pods of ${refText(workload)}`,
        why: 'a DaemonSet replaces its pods node by node',
        gates: [{ kind: 'rollout', workload, withinSeconds }],
        changes: [{ action: 'end-rollout', scope: { kind: 'cluster' }, workload }],
      };
    });
}
