/** Plans the edits of Kubernetes objects, which need a reading of their own: it depends on the edits. */
import { hasErrors, type Issue } from '../../../core/issue.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import type { ClusterStages } from '../../../core/plan/cluster/plan-cluster.ts';
import type { ClusterEdit } from '../../../core/platform/cluster/cluster-edit.ts';
import type { ObservedCluster } from '../../../core/platform/cluster/observed-cluster.ts';
import type { Desired } from '../../../core/render/desired.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Cluster } from '../../ports/platform/cluster.ts';
import { RightRefused } from '../../../runtime/kubernetes/right-refused.ts';

/** The plan with the changes of the cluster. @throws AppError where it cannot be read */
export type PlanClusterEdits = (
  plan: AnyPlan,
  desired: Pick<Desired, 'platform'>,
  /** A person asks: nothing is taken from an earlier reading. */
  isFresh: boolean,
) => Promise<AnyPlan>;

export interface ClusterPlanningDeps {
  /** Absent: this agent has no credentials for the API server. */
  readonly cluster: Pick<Cluster, 'observe' | 'preflight'> | undefined;
  readonly clock: Pick<Clock, 'elapsed' | 'random'>;
  /** Another agent wrote for all nodes last, and looks after the objects. */
  readonly isFollowing: () => boolean;
  /** Whether a person said that the commands with this digest were run, or an agent saw that nothing is left of them. */
  readonly isDone: (digest: string) => boolean;
  /** Whether the writer record has this digest, so that all agents know of it. */
  readonly isRecorded: (digest: string) => boolean;
  /** Edits that a revision asked for may be in the cluster: kept in the state. */
  readonly edited: { readonly isLeft: () => boolean; readonly forget: () => Promise<void> };
}

/** With thousands of agents one of them reads in each pass, and the others this often. */
const restMs = 30 * 60_000;
const noCredentials = 'it has no credentials for the API server';

/** The knowledge about the cluster for the edits that were planned last. */
interface Settled {
  readonly key: string;
  /** Nothing had to change, so nothing is left of earlier edits either. */
  readonly readAgainMs: number;
}

export function createClusterPlanning({
  cluster,
  clock,
  isFollowing,
  isDone,
  isRecorded,
  edited,
}: ClusterPlanningDeps): PlanClusterEdits {
  let settled: Settled | undefined;
  const planEdits: PlanClusterEdits = async (
    { clusterEdits: edits = [], ...plan },
    desired,
    isFresh,
  ) => {
    if (hasErrors(plan.issues)) return plan;
    const needed = neededOf(edits);
    const byHand = async (why: string): Promise<AnyPlan> => {
      if (needed.length === 0) return plan;
      // The right may lack for these alone.
      if (cluster !== undefined && needed.length < edits.length) {
        return planEdits({ ...plan, clusterEdits: needed }, desired, isFresh);
      }
      const { planByHand } = await import('../../../core/plan/cluster/plan-by-hand.ts');
      return planByHand(plan, needed, desired, { why, isFollowing: isFollowing(), isDone });
    };
    const backByHand = async (why: string): Promise<AnyPlan> => {
      const { planBackByHand } = await import('../../../core/plan/cluster/plan-by-hand.ts');
      const back = planBackByHand(plan, desired, { why, isFollowing: isFollowing() });
      if (!isDone(back.digest)) return back.plan;
      await edited.forget();
      return plan;
    };
    const handOver = edits.length === 0 ? backByHand : byHand;
    if (cluster === undefined) {
      if (edits.length > 0 || edited.isLeft()) return handOver(noCredentials);
      return plan;
    }
    const key = keyOf(edits);
    const isSettled = settled?.key === key;
    const mayRest = isSettled && !isFresh && clock.elapsed() < (settled?.readAgainMs ?? 0);
    if (mayRest && edits.length === 0 && !edited.isLeft()) return plan;
    if (mayRest && (edits.length === 0 || isFollowing())) {
      const resting = await seenAtRest(plan, edits, desired);
      // Other agents learn it only from a new reading: somebody may have changed the cluster since the last one.
      if (resting.askedOnce?.every(({ digest }) => isRecorded(digest)) ?? true) return resting;
    }
    const settle = (): void => {
      const readAgainMs = clock.elapsed() + restMs * (0.5 + clock.random());
      settled = { key, readAgainMs };
    };
    // After a start the agent that wrote last looks for what is left of earlier edits; thousands of others do so later.
    if (settled === undefined && edits.length === 0 && isFollowing() && !isFresh) {
      settle();
      return plan;
    }
    // All pods of a cluster are a long list: nobody needs it in each pass.
    const now = mayRest ? edits.filter(({ form }) => form !== 'recreate-pods') : edits;
    let observed: ObservedCluster;
    try {
      observed = await cluster.observe(now, !isSettled || edits.length === 0);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const isRefused = error instanceof RightRefused;
      const isConcerned = needed.length > 0 || edited.isLeft();
      if (isConcerned && isRefused) return handOver(error.message);
      if (isConcerned) throw error;
      // Without a right to look, this agent has made nothing that it could put back.
      if (isRefused) settle();
      return plan;
    }
    const { planClusterStages } = await import('../../../core/plan/cluster/plan-cluster.ts');
    const planned = planClusterStages(now, observed);
    const changes = [...planned.early, ...planned.late].flatMap((step) => step.changes);
    const refused = changes.length === 0 ? [] : await rightsMissing(cluster, changes);
    const [first] = refused;
    if (first !== undefined) return handOver(first.message);
    const isDoneNow = planned.early.length + planned.late.length + planned.missing.length === 0;
    if (isDoneNow && !hasErrors(planned.issues)) {
      if (!mayRest) settle();
      // The agents that cannot look learn of it before this one forgets it: see noteEdits.
      if (edits.length === 0 && edited.isLeft()) return withBackDone(plan, desired);
    } else settled = undefined;
    return withCluster(plan, planned, { edits, needed, desired });
  };
  return planEdits;
}

async function withCluster(
  plan: AnyPlan,
  planned: ClusterStages,
  {
    edits,
    needed,
    desired,
  }: Readonly<Record<'edits' | 'needed', readonly ClusterEdit[]>> & {
    readonly desired: Pick<Desired, 'platform'>;
  },
): Promise<AnyPlan> {
  const { joinCluster } = await import('../../../core/plan/cluster/join-cluster.ts');
  const joined = joinCluster(plan, planned, edits, desired);
  if (edits.length === 0 || hasErrors(planned.issues)) return joined;
  const isMissing = planned.missing.length > 0;
  const open = {
    early: isMissing || planned.early.length > 0,
    late: isMissing || planned.late.length > 0,
  };
  return withSeen(joined, needed, desired, open);
}

const nothingOpen = { early: false, late: false };

/** The others are of use to a cluster that has the objects, and nobody waits for them. */
function neededOf(edits: readonly ClusterEdit[]): readonly ClusterEdit[] {
  return edits.filter(({ optional }) => optional !== true);
}

/** With the observation of an agent that found nothing to change when it looked. */
function seenAtRest(
  plan: AnyPlan,
  edits: readonly ClusterEdit[],
  desired: Pick<Desired, 'platform'>,
): Promise<AnyPlan> {
  if (edits.length === 0) return withBackDone(plan, desired);
  return withSeen(plan, neededOf(edits), desired, nothingOpen);
}

/** With what this agent saw, for the agents that cannot look. @param open the places where a change is left */
async function withSeen(
  plan: AnyPlan,
  edits: readonly ClusterEdit[],
  desired: Pick<Desired, 'platform'>,
  open: { readonly early: boolean; readonly late: boolean },
): Promise<AnyPlan> {
  if (edits.length === 0) return plan;
  const { seenOnce } = await import('../../../core/plan/cluster/plan-by-hand.ts');
  return { ...plan, askedOnce: seenOnce(edits, desired, open) };
}

/** Nothing is left of earlier edits. */
async function withBackDone(plan: AnyPlan, desired: Pick<Desired, 'platform'>): Promise<AnyPlan> {
  const { backSeen } = await import('../../../core/plan/cluster/plan-by-hand.ts');
  return { ...plan, askedOnce: [backSeen(desired)] };
}

/** Reasons have other places in each text of a configuration. */
function keyOf(edits: readonly ClusterEdit[]): string {
  return JSON.stringify(edits.map((edit) => ({ ...edit, reasons: [] })));
}

async function rightsMissing(
  cluster: Pick<Cluster, 'preflight'>,
  changes: Parameters<Cluster['preflight']>[0],
): Promise<readonly Issue[]> {
  try {
    const issues = await cluster.preflight(changes);
    return issues.filter(({ code }) => code === 'cluster-forbidden');
  } catch (error) {
    // The change itself tries again, and reports it.
    if (error instanceof AppError) return [];
    throw error;
  }
}
