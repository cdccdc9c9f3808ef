/** Plans the edits of Kubernetes objects, which need a reading of their own: it depends on the edits. */
import { hasErrors } from '../../../core/issue.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import type { ClusterEdit } from '../../../core/platform/cluster/cluster-edit.ts';
import type { ObservedCluster } from '../../../core/platform/cluster/observed-cluster.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Cluster } from '../../ports/platform/cluster.ts';

/** The plan with the changes of the cluster behind all others. @throws AppError where it cannot be read */
export type PlanClusterEdits = (plan: AnyPlan) => Promise<AnyPlan>;

/** @param cluster absent: edits of its objects are refused */
export function createClusterPlanning(
  cluster: Pick<Cluster, 'observe'> | undefined,
): PlanClusterEdits {
  // Objects that an earlier process or another agent changed are searched for once. Every agent plans the edits of
  // a revision, so that each one knows when there is something to put back.
  let mayHaveEdited = true;
  return async ({ clusterEdits = [], ...plan }) => {
    if (hasErrors(plan.issues)) return plan;
    if (cluster === undefined) {
      return clusterEdits.length === 0 ? plan : refused(plan, clusterEdits);
    }
    if (clusterEdits.length === 0 && !mayHaveEdited) return plan;
    const observed = await observe(cluster, clusterEdits);
    if (observed === undefined) return plan;
    mayHaveEdited =
      clusterEdits.length > 0 || observed.objects.some(({ undo }) => undo.state !== 'none');
    const { planCluster } = await import('../../../core/plan/cluster/plan-cluster.ts');
    const planned = planCluster(clusterEdits, observed);
    const issues = [...plan.issues, ...planned.issues];
    const { setPlatformGates } = await import('../../../core/plan/platform/platform-gates.ts');
    const steps = [...plan.steps, ...planned.steps];
    return { ...plan, issues, steps: hasErrors(issues) ? [] : setPlatformGates(steps) };
  };
}

/**
 * Where nothing is asked for, an agent without rights in the cluster has nothing to put back either; one that does
 * not reach it now asks again in the next pass.
 */
async function observe(
  cluster: Pick<Cluster, 'observe'>,
  edits: readonly ClusterEdit[],
): Promise<ObservedCluster | undefined> {
  try {
    return await cluster.observe(edits);
  } catch (error) {
    if (edits.length > 0 || !(error instanceof AppError)) throw error;
    return undefined;
  }
}

function refused(plan: AnyPlan, edits: readonly ClusterEdit[]): AnyPlan {
  const place = edits.find(({ reasons }) => reasons.length > 0)?.reasons[0]?.place;
  return {
    ...plan,
    steps: [],
    issues: [
      ...plan.issues,
      {
        severity: 'error',
        code: 'cluster-not-reached',
        pointer: '',
        ...place,
        message:
          'the configuration changes objects of Kubernetes, and this agent does not reach the API server',
        hint: 'set cluster.kubeconfig or cluster.platformCredentials in agent.yaml',
      },
    ],
  };
}
