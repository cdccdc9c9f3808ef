/**
 * Edits × observed cluster → changes of Kubernetes objects, then rollouts, then pods that are recreated, stage
 * by stage. A field that no edit asks for any more goes back to its value from before.
 */
import { hasErrors, type Issue } from '../../issue.ts';
import type { ClusterChange } from '../../platform/cluster/cluster-change.ts';
import type { ClusterEdit, ObjectEdit } from '../../platform/cluster/cluster-edit.ts';
import type { ObservedCluster, ObservedObject } from '../../platform/cluster/observed-cluster.ts';
import {
  isOfMetalLb,
  isSameRef,
  refText,
  type ObjectRef,
} from '../../platform/cluster/object-ref.ts';
import type { Plan, Step } from '../plan.ts';
import { planObject, type ObjectPlan } from './plan-object.ts';
import { planAwaited } from './plan-awaited.ts';
import { planPods } from './plan-pods.ts';
import { planPullSecret } from './plan-pull-secret.ts';
import { marksAsTheyAre, planRollout, waitsForPods, type Rollout } from './plan-rollout.ts';

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
  const whole = edits.filter(({ form }) => form === 'object');
  const missing = [
    ...new Set([
      ...planned
        .flatMap((one) => one.missing)
        .map((ref) => {
          const isMade = whole.some((edit) => 'object' in edit && isSameRef(edit.object, ref));
          return isMade ? `the kind and the namespace of ${refText(ref)}` : refText(ref);
        }),
      ...planned.flatMap((one) => one.secrets),
    ]),
  ];
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
  /** Secrets that are not there, as people name them. */
  readonly secrets: readonly string[];
}

function planStage(
  stage: number,
  edits: readonly ClusterEdit[],
  observed: ObservedCluster,
): StagePlan {
  const ours = edits.filter((edit) => stageOf(edit) === stage);
  const asTheyAre = marksAsTheyAre(edits, observed);
  const before = objectsOfStage(stage, edits, observed, asTheyAre);
  const asked = ours.filter((edit): edit is Rollout => edit.form === 'rollout');
  const rollouts = asked.map((edit) => planRollout(edit, changesOf(before), observed));
  const marks = rollouts.flatMap(({ mark }) => mark ?? []);
  const objects =
    marks.length === 0
      ? before
      : objectsOfStage(stage, edits, observed, [...marks, ...without(asTheyAre, marks)]);
  const changes = [...changesOf(objects), ...rollouts.flatMap((one) => one.changes)];
  const refs = distinctRefs([
    ...objects.map(({ object }) => object),
    ...asked.map(({ workload }) => workload),
  ]);
  const pods = ours.flatMap((edit) =>
    edit.form === 'recreate-pods' ? [planPods(edit, observed)] : [],
  );
  const secrets = ours.flatMap((edit) =>
    edit.form === 'pull-secret' ? [planPullSecret(edit, observed)] : [],
  );
  const awaited = ours.flatMap((edit) =>
    edit.form === 'awaited' ? [planAwaited(edit, observed)] : [],
  );
  return {
    steps: [
      step(
        'Change objects of Kubernetes',
        'their controllers carry the changes out on all nodes',
        changesOf(objects).filter(({ action }) => action !== 'delete-object'),
      ),
      ...deletionSteps(changesOf(objects)),
      step(
        'Restart pods',
        'they read their settings only at their start',
        rollouts.flatMap((one) => one.changes),
      ),
      ...waitsForPods(refs, changes, edits, observed),
      ...awaited.flatMap(({ steps }) => steps),
      ...pods.flatMap(({ steps }) => steps),
    ].filter((one) => one.changes.length + one.gates.length > 0),
    issues: [...secrets, ...objects, ...pods].flatMap((one) => one.issues),
    secrets: secrets.flatMap((one) => one.missing ?? []),
    missing: [...objects, ...rollouts, ...awaited].flatMap((one) => one.missing ?? []),
  };
}

/** An object is changed in the stage of its first edit; an object without edits goes back in the first stage. */
function objectsOfStage(
  stage: number,
  edits: readonly ClusterEdit[],
  { objects }: ObservedCluster,
  /** They belong to no stage of their own. */
  marks: readonly ObjectEdit[],
): readonly PlannedObject[] {
  const ofObjects = edits.filter((edit): edit is ObjectEdit => 'object' in edit);
  return deletionsReversed(objects, ofObjects).flatMap((observed) => {
    const { object } = observed;
    const isOwn = (edit: ObjectEdit): boolean => isSameRef(edit.object, object);
    const own = ofObjects.filter(isOwn);
    const first = own.length === 0 ? 0 : Math.min(...own.map(stageOf));
    if (first !== stage) return [];
    return [{ object, ...planObject([...own, ...marks.filter(isOwn)], observed) }];
  });
}

interface PlannedObject extends ObjectPlan {
  readonly object: ObjectRef;
}

function changesOf(objects: readonly ObjectPlan[]): readonly ClusterChange[] {
  return objects.flatMap((one) => one.changes);
}

/** Those of MetalLB have a step of their own, because they may have to come before restarts. */
function deletionSteps(changes: readonly ClusterChange[]): readonly Step<ClusterChange>[] {
  const deletions = changes.filter((change) => change.action === 'delete-object');
  const why = 'they go in the reverse order of the way there';
  return [
    step(
      'Delete objects of MetalLB',
      why,
      deletions.filter(({ object }) => isOfMetalLb(object.kind)),
    ),
    step(
      'Delete objects of Kubernetes',
      why,
      deletions.filter(({ object }) => !isOfMetalLb(object.kind)),
    ),
  ];
}

function without(
  edits: readonly ObjectEdit[],
  others: readonly ObjectEdit[],
): readonly ObjectEdit[] {
  return edits.filter(({ object }) => !others.some((one) => isSameRef(one.object, object)));
}

function distinctRefs(refs: readonly ObjectRef[]): readonly ObjectRef[] {
  return refs.filter((ref, index) => refs.findIndex((one) => isSameRef(one, ref)) === index);
}

function step(title: string, why: string, changes: readonly ClusterChange[]): Step<ClusterChange> {
  return { title, why, gates: [], changes };
}

/** Objects that nobody asks for any more are deleted last, the one that was made last before those that it names. */
function deletionsReversed(
  objects: readonly ObservedObject[],
  edits: readonly ObjectEdit[],
): readonly ObservedObject[] {
  const isDeleted = ({ object, undo }: ObservedObject): boolean =>
    undo.state === 'created' && !edits.some((edit) => isSameRef(edit.object, object));
  return [
    ...objects.filter((observed) => !isDeleted(observed)),
    ...objects.filter(isDeleted).toReversed(),
  ];
}
