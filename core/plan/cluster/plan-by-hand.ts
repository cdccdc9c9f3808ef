/** The plan where a person has to change the cluster: commands, and steps that wait until they were run. */
import { documentHint } from '../../document-hint.ts';
import type { Issue } from '../../issue.ts';
import type { ClusterEdit } from '../../platform/cluster/cluster-edit.ts';
import { editedLabel, undoAnnotation } from '../../platform/cluster/undo-annotation.ts';
import { kubectlOf } from '../../platform/kubectl-of.ts';
import { leftByHand, type LeftByHand } from '../../platform/left-by-hand.ts';
import type { Desired } from '../../render/desired.ts';
import type { AnyChange, AnyPlan, Step } from '../plan.ts';
import { waitForPerson } from '../wait-for-person.ts';
import { editsByHand } from './edits-by-hand.ts';
import { joinCluster } from './join-cluster.ts';

export interface Person {
  /** Why the agent does not do it, as a clause. */
  readonly why: string;
  /** The agent of another node waits for the person: the cluster is changed once. */
  readonly isElsewhere: boolean;
  /** Whether a person said that the commands with this digest were run. */
  readonly isDone: (digest: string) => boolean;
}

export function planByHand(
  plan: AnyPlan,
  edits: readonly ClusterEdit[],
  desired: Pick<Desired, 'platform'>,
  { why, isElsewhere, isDone }: Person,
): AnyPlan {
  const kubectl = kubectlOf(desired.platform?.kind);
  const part = (isEarly: boolean): LeftByHand | undefined => {
    const own = edits.filter(({ stage = 0 }) => stage < 0 === isEarly);
    if (own.length === 0 || isElsewhere) return undefined;
    const found = editsByHand(own, kubectl, isEarly ? 'early' : 'late');
    return isDone(found.digest) ? undefined : found;
  };
  const [early, late] = [part(true), part(false)];
  const left = [...(early?.steps ?? []), ...(late?.steps ?? [])];
  const stages = {
    early: waiting(early),
    late: waiting(late),
    issues: left.length === 0 ? [] : [byHandIssue(edits, why)],
    missing: [],
  };
  const joined = joinCluster(plan, stages, edits, desired);
  return left.length === 0 ? joined : { ...joined, byHand: [...(plan.byHand ?? []), ...left] };
}

/** The way back, where a person has to find and change what earlier edits left. */
export function planBackByHand(
  plan: AnyPlan,
  desired: Pick<Desired, 'platform'>,
  why: string,
): { readonly plan: AnyPlan; readonly digest: string } {
  const kubectl = kubectlOf(desired.platform?.kind);
  const step = {
    title: 'Put back what earlier configurations changed in Kubernetes',
    why: `the annotation ${undoAnnotation} of these objects has what was there before; where commands of a plan changed them, it is not there`,
    commands: [
      `${kubectl} api-resources --verbs=list --output=name | xargs -n 1 ${kubectl} get --all-namespaces --ignore-not-found --show-kind --selector=${editedLabel}`,
    ],
  };
  const left = leftByHand([step], 'late', 'back');
  const issue: Issue = {
    severity: 'warning',
    code: 'cluster-by-hand',
    pointer: '',
    message: `the agent does not put objects of Kubernetes back: ${why}`,
    hint: `put them back as calico-agent plan shows, once for the cluster, then calico-agent confirm; or give the agent the rights of ${documentHint('kubernetes.md')}`,
  };
  const stages = { early: [], late: waiting(left), issues: [issue], missing: [] };
  const joined = joinCluster(plan, stages, [], desired);
  return {
    plan: { ...joined, byHand: [...(plan.byHand ?? []), ...left.steps] },
    digest: left.digest,
  };
}

function waiting(found: LeftByHand | undefined): readonly Step<AnyChange>[] {
  if (found === undefined) return [];
  const what = 'a person has changed the objects of Kubernetes, once for the cluster';
  return [waitForPerson('Change objects of Kubernetes by hand', what, found.digest)];
}

function byHandIssue(edits: readonly ClusterEdit[], why: string): Issue {
  const place = edits.find(({ reasons }) => reasons.length > 0)?.reasons[0]?.place;
  return {
    severity: 'warning',
    code: 'cluster-by-hand',
    pointer: '',
    ...place,
    message: `the agent does not change objects of Kubernetes: ${why}`,
    hint: `run the commands of calico-agent plan once for the cluster, then calico-agent confirm; or give the agent the rights of ${documentHint('kubernetes.md')}`,
  };
}
