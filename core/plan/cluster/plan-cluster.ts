/**
 * Edits × observed cluster → changes of Kubernetes objects, then rollouts, then pods that are recreated, stage
 * by stage. What no edit asks for any more goes back to what it was.
 */
import { hasErrors, type Issue } from '../../issue.ts';
import { nameSome } from '../../name-some.ts';
import type { ClusterChange } from '../../platform/cluster/cluster-change.ts';
import type { ClusterEdit, ObjectEdit } from '../../platform/cluster/cluster-edit.ts';
import type { ObservedCluster } from '../../platform/cluster/observed-cluster.ts';
import { isSameRef, refText, type ObjectRef } from '../../platform/cluster/object-ref.ts';
import { controllerText } from '../../platform/cluster/parse-pod.ts';
import type { Plan, Step } from '../plan.ts';
import { planObject } from './plan-object.ts';

type Planned = Plan<ClusterChange>;

/** Pure; with an error it has no steps. */
export function planCluster(edits: readonly ClusterEdit[], observed: ObservedCluster): Planned {
  const { early, late, issues } = planClusterStages(edits, observed);
  return { formatVersion: 1, steps: [...early, ...late], issues };
}

export interface ClusterStages {
  /** Before the changes of Calico's resources. */
  readonly early: readonly Step<ClusterChange>[];
  readonly late: readonly Step<ClusterChange>[];
  readonly issues: readonly Issue[];
  /** Objects that the edits are about and the cluster does not have: nothing changes before it has them all. */
  readonly missing: readonly string[];
}

/** As planCluster, with the steps by their place beside Calico's. */
export function planClusterStages(
  edits: readonly ClusterEdit[],
  observed: ObservedCluster,
): ClusterStages {
  const stages = [...new Set([0, ...edits.map(stageOf)])].toSorted((one, other) => one - other);
  const planned = stages.map((stage) => ({ stage, ...planStage(stage, edits, observed) }));
  const missing = [...new Set(planned.flatMap((one) => one.missing).map(refText))];
  const issues = planned.flatMap((one) => one.issues);
  if (hasErrors(issues) || missing.length > 0) return { early: [], late: [], issues, missing };
  const [early, late] = [
    planned.filter(({ stage }) => stage < 0),
    planned.filter(({ stage }) => stage >= 0),
  ];
  return {
    early: early.flatMap(({ steps }) => steps),
    late: late.flatMap(({ steps }) => steps),
    issues,
    missing,
  };
}

function stageOf({ stage = 0 }: ClusterEdit): number {
  return stage;
}

interface StagePlan {
  readonly steps: readonly Step<ClusterChange>[];
  readonly issues: readonly Issue[];
  readonly missing: readonly ObjectRef[];
}

function planStage(
  stage: number,
  edits: readonly ClusterEdit[],
  observed: ObservedCluster,
): StagePlan {
  const ours = edits.filter((edit) => stageOf(edit) === stage);
  const objects = objectsOfStage(stage, edits, observed);
  const rollouts = ours.map((edit) => planRollout(edit, observed));
  const pods = ours.some(({ form }) => form === 'recreate-pods') ? planPods(observed) : nothing;
  return {
    steps: [
      step(
        'Change objects of Kubernetes',
        'their controllers carry the changes out on all nodes',
        objects.flatMap(({ changes }) => changes),
      ),
      step(
        'Restart pods',
        'they read their settings only at their start',
        rollouts.flatMap(({ changes }) => changes),
      ),
      step(
        'Recreate pods with addresses outside of the network',
        'a pod keeps its address for its whole life',
        pods.changes,
      ),
    ].filter(({ changes }) => changes.length > 0),
    issues: [...objects, ...rollouts, pods].flatMap((one) => one.issues),
    missing: [...objects, ...rollouts].flatMap((one) => one.missing ?? []),
  };
}

interface Part {
  readonly changes: readonly ClusterChange[];
  readonly issues: readonly Issue[];
  readonly missing?: ObjectRef;
}

const nothing: Part = { changes: [], issues: [] };

/** An object is changed in the stage of its first edit; what only goes back, in the first stage. */
function objectsOfStage(
  stage: number,
  edits: readonly ClusterEdit[],
  { objects }: ObservedCluster,
): readonly Part[] {
  const ofObjects = edits.filter((edit): edit is ObjectEdit => 'object' in edit);
  return objects.flatMap((observed) => {
    const own = ofObjects.filter(({ object }) => isSameRef(object, observed.object));
    const first = own.length === 0 ? 0 : Math.min(...own.map(stageOf));
    return first === stage ? [planObject(own, observed)] : [];
  });
}

function planRollout(edit: ClusterEdit, { workloads }: ObservedCluster): Part {
  if (edit.form !== 'rollout') return nothing;
  const { workload, mark, withinSeconds, reasons } = edit;
  const found = workloads.find(({ object }) => isSameRef(object, workload));
  if (found === undefined) return { ...nothing, missing: workload };
  const isUnderWay = found.updated < found.desired || found.observedGeneration < found.generation;
  if (found.mark === mark && !isUnderWay) return nothing;
  const [reason] = reasons;
  const why = `its pods read their settings only at their start${reason === undefined ? '' : ` (${reason.rule})`}`;
  const scope = { kind: 'cluster' } as const;
  return {
    changes: [{ action: 'rollout', scope, workload, mark, withinSeconds, why }],
    issues: [],
  };
}

function planPods({ strayPods }: ObservedCluster): Part {
  const pods = strayPods.filter(({ controller }) => controller !== undefined);
  const lonely = strayPods.filter(({ controller }) => controller === undefined);
  const names = lonely.flatMap((group) =>
    group.pods.map(({ name }) => `${group.namespace}/${name}`),
  );
  const message = `these pods keep their old addresses, because no controller would make them again: ${nameSome(names)}`;
  const hint = 'delete them by hand, and make them again from what they were made of';
  const why = `${String(pods.flatMap((group) => group.pods).length)} pods of ${nameSome(pods.map(controllerText))} have addresses outside of the network`;
  const scope = { kind: 'cluster' } as const;
  return {
    changes: pods.length === 0 ? [] : [{ action: 'delete-pods', scope, pods, why }],
    issues:
      names.length === 0
        ? []
        : [{ severity: 'warning', code: 'pods-without-controller', pointer: '', message, hint }],
  };
}

function step(title: string, why: string, changes: readonly ClusterChange[]): Step<ClusterChange> {
  return { title, why, gates: [], changes };
}
