/** The plan where a person has to change the cluster: commands, and steps that wait until they were run. */
import { documentHint } from '../../document-hint.ts';
import type { Issue } from '../../issue.ts';
import type { ClusterEdit } from '../../platform/cluster/cluster-edit.ts';
import { editedLabel, undoAnnotation } from '../../platform/cluster/undo-annotation.ts';
import { kubectlOf } from '../../platform/kubectl-of.ts';
import { leftByHand, type LeftByHand } from '../../platform/left-by-hand.ts';
import type { Desired } from '../../render/desired.ts';
import type { AskedOnce } from '../../writer/done-once.ts';
import type { AnyChange, AnyPlan, Step } from '../plan.ts';
import { waitForPerson } from '../wait-for-person.ts';
import { editsByHand } from './edits-by-hand.ts';
import { joinCluster } from './join-cluster.ts';

export interface Person {
  /** Why the agent does not do it, as a clause. */
  readonly why: string;
  /**
   * The agent of another node wrote last: it makes the edits, or shows the commands. This one only waits until they are
   * done.
   */
  readonly isFollowing: boolean;
  /** Whether a person said that the commands with this digest were run, or an agent saw that nothing is left of them. */
  readonly isDone: (digest: string) => boolean;
}

export function planByHand(
  plan: AnyPlan,
  edits: readonly ClusterEdit[],
  desired: Pick<Desired, 'platform'>,
  { why, isFollowing, isDone }: Person,
): AnyPlan {
  const asked = byPlace(edits, desired);
  const open = (found: LeftByHand | undefined): LeftByHand | undefined =>
    found === undefined || isDone(found.digest) ? undefined : found;
  const [early, late] = [open(asked.early), open(asked.late)];
  const left = isFollowing ? [] : [...(early?.steps ?? []), ...(late?.steps ?? [])];
  const stages = {
    early: waiting(early, isFollowing),
    late: waiting(late, isFollowing),
    issues: left.length === 0 ? [] : [byHandIssue(edits, why)],
    missing: [],
  };
  const joined = joinCluster(plan, stages, edits, desired);
  const askedOnce = digestsOf(asked).map((digest) => ({ digest, state: 'unseen' }) as const);
  return {
    ...joined,
    askedOnce,
    ...(left.length > 0 && { byHand: [...(plan.byHand ?? []), ...left] }),
  };
}

type ByPlace = { readonly [P in 'early' | 'late']?: LeftByHand };

function byPlace(edits: readonly ClusterEdit[], desired: Pick<Desired, 'platform'>): ByPlace {
  const kubectl = kubectlOf(desired.platform?.kind);
  const part = (place: 'early' | 'late'): ByPlace => {
    const own = edits.filter(({ stage = 0 }) => stage < 0 === (place === 'early'));
    return own.length === 0 ? {} : { [place]: editsByHand(own, kubectl, place) };
  };
  return { ...part('early'), ...part('late') };
}

function digestsOf({ early, late }: ByPlace): readonly string[] {
  return [early, late].flatMap((found) => found?.digest ?? []);
}

/** The agent's observation of the edits, for agents that cannot look. @param open the places where a change is left */
export function seenOnce(
  edits: readonly ClusterEdit[],
  desired: Pick<Desired, 'platform'>,
  open: { readonly early: boolean; readonly late: boolean },
): readonly AskedOnce[] {
  const { early, late } = byPlace(edits, desired);
  const seen = (found: LeftByHand | undefined, isOpen: boolean): readonly AskedOnce[] =>
    found === undefined ? [] : [{ digest: found.digest, state: isOpen ? 'open' : 'done' }];
  return [...seen(early, open.early), ...seen(late, open.late)];
}

/** The way back, where a person has to find and change what earlier edits left. */
export function planBackByHand(
  plan: AnyPlan,
  desired: Pick<Desired, 'platform'>,
  { why, isFollowing }: Pick<Person, 'why' | 'isFollowing'>,
): { readonly plan: AnyPlan; readonly digest: string } {
  const left = backOf(desired);
  const issue: Issue = {
    severity: 'warning',
    code: 'cluster-by-hand',
    pointer: '',
    message: `the agent does not put objects of Kubernetes back: ${why}`,
    hint: `put them back as calico-agent plan shows, once for the cluster, then calico-agent confirm; or give the agent the rights of ${documentHint('kubernetes.md')}`,
  };
  const issues = isFollowing ? [] : [issue];
  const stages = { early: [], late: waiting(left, isFollowing), issues, missing: [] };
  const joined = joinCluster(plan, stages, [], desired);
  const byHand = [...(plan.byHand ?? []), ...left.steps];
  return { plan: isFollowing ? joined : { ...joined, byHand }, digest: left.digest };
}

/** An agent looked, and nothing is left to put back. */
export function backSeen(desired: Pick<Desired, 'platform'>): AskedOnce {
  return { digest: backOf(desired).digest, state: 'done' };
}

function backOf(desired: Pick<Desired, 'platform'>): LeftByHand {
  const kubectl = kubectlOf(desired.platform?.kind);
  const step = {
    title: 'Put back what earlier configurations changed in Kubernetes',
    why: `the annotation ${undoAnnotation} of these objects has what was there before; where commands of a plan changed them, it is not there`,
    commands: [
      `${kubectl} api-resources --verbs=list --output=name | xargs -n 1 ${kubectl} get --all-namespaces --ignore-not-found --show-kind --selector=${editedLabel}`,
    ],
  };
  return leftByHand([step], 'late', 'back');
}

function waiting(found: LeftByHand | undefined, isFollowing = false): readonly Step<AnyChange>[] {
  if (found === undefined) return [];
  const who = isFollowing ? 'the agent of another node or a person' : 'a person';
  const what = `${who} has changed the objects of Kubernetes, once for the cluster`;
  return [waitForPerson('Change objects of Kubernetes by hand', what, found)];
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
