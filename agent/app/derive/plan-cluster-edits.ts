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
}: ClusterPlanningDeps): PlanClusterEdits {
  let settled: Settled | undefined;
  return async ({ clusterEdits: edits = [], ...plan }, desired, isFresh) => {
    if (hasErrors(plan.issues)) return plan;
    const byHand = async (why: string): Promise<AnyPlan> => {
      const { planByHand } = await import('../../../core/plan/cluster/plan-by-hand.ts');
      return planByHand(plan, edits, desired, { why, isElsewhere: isFollowing(), isDone });
    };
    if (cluster === undefined) return edits.length === 0 ? plan : byHand(noCredentials);
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
      // Without a right to look, this agent has made nothing that it could put back.
      if (isRefused && edits.length === 0) settle();
      if (edits.length === 0) return plan;
      if (isRefused) return byHand(error.message);
      throw error;
    }
    const { planClusterStages } = await import('../../../core/plan/cluster/plan-cluster.ts');
    const planned = planClusterStages(edits, observed);
    const changes = [...planned.early, ...planned.late].flatMap((step) => step.changes);
    const refused = changes.length === 0 ? [] : await rightsMissing(cluster, changes);
    const [first] = refused;
    if (first !== undefined) return byHand(first.message);
    const isDoneNow = planned.early.length + planned.late.length + planned.missing.length === 0;
    if (isDoneNow && !hasErrors(planned.issues)) {
      settle();
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
