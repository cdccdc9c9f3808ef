/** Plans the edits of Kubernetes objects, which need a reading of their own: it depends on the edits. */
import { hasErrors, type Issue } from '../../../core/issue.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
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
  /** Whether a person said that the commands with this digest were run. */
  readonly isDone: (digest: string) => boolean;
  /** Edits that a revision asked for may be in the cluster: kept in the state. */
  readonly edited: { readonly isLeft: () => boolean; readonly forget: () => Promise<void> };
}

/** With thousands of agents one of them reads in each pass, and the others this often. */
const restMs = 30 * 60_000;
const noCredentials = 'it has no credentials for the API server';

/** What is known of the cluster for the edits that were planned last. */
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
  edited,
}: ClusterPlanningDeps): PlanClusterEdits {
  let settled: Settled | undefined;
  return async ({ clusterEdits: edits = [], ...plan }, desired, isFresh) => {
    if (hasErrors(plan.issues)) return plan;
    const byHand = async (why: string): Promise<AnyPlan> => {
      const { planByHand } = await import('../../../core/plan/cluster/plan-by-hand.ts');
      return planByHand(plan, edits, desired, { why, isElsewhere: isFollowing(), isDone });
    };
    // One agent of the cluster waits for the person.
    const backByHand = async (why: string): Promise<AnyPlan> => {
      if (isFollowing()) return plan;
      const { planBackByHand } = await import('../../../core/plan/cluster/plan-by-hand.ts');
      const back = planBackByHand(plan, desired, why);
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
    if (mayRest && (edits.length === 0 || isFollowing())) return plan;
    const settle = (): void => {
      const readAgainMs = clock.elapsed() + restMs * (0.5 + clock.random());
      settled = { key, readAgainMs };
    };
    // After a start the agent that wrote last looks for what is left of earlier edits; thousands of others do so later.
    if (settled === undefined && edits.length === 0 && isFollowing() && !isFresh) {
      settle();
      return plan;
    }
    let observed: ObservedCluster;
    try {
      observed = await cluster.observe(edits, !isSettled || edits.length === 0);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const isRefused = error instanceof RightRefused;
      const isConcerned = edits.length > 0 || (edited.isLeft() && !isFollowing());
      if (isConcerned && isRefused) return handOver(error.message);
      if (isConcerned) throw error;
      // Without a right to look, this agent has made nothing that it could put back.
      if (isRefused) settle();
      return plan;
    }
    const { planClusterStages } = await import('../../../core/plan/cluster/plan-cluster.ts');
    const planned = planClusterStages(edits, observed);
    const changes = [...planned.early, ...planned.late].flatMap((step) => step.changes);
    const refused = changes.length === 0 ? [] : await rightsMissing(cluster, changes);
    const [first] = refused;
    if (first !== undefined) return handOver(first.message);
    const isDoneNow = planned.early.length + planned.late.length + planned.missing.length === 0;
    if (isDoneNow && !hasErrors(planned.issues)) {
      settle();
      if (edits.length === 0 && edited.isLeft()) await edited.forget();
    } else settled = undefined;
    const { joinCluster } = await import('../../../core/plan/cluster/join-cluster.ts');
    return joinCluster(plan, planned, edits, desired);
  };
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
