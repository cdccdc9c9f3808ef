/** Plans Kubernetes objects that the agent keeps as files, where it has a folder in place of a cluster. */
import { hasErrors, type Issue } from '../../../core/issue.ts';
import type { AnyChange, AnyPlan, Step } from '../../../core/plan/plan.ts';
import type { ClusterEdit } from '../../../core/platform/cluster/cluster-edit.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { ObjectFiles } from '../../ports/platform/object-files.ts';

type Files = Pick<ObjectFiles, 'folder' | 'takes' | 'observe'>;

/**
 * The plan with the changes of the files, and without their edits: the other edits are left in `clusterEdits`.
 * @throws AppError where the files cannot be read, and the configuration asks for some of them
 */
export async function planObjectFiles(files: Files, decided: AnyPlan): Promise<AnyPlan> {
  const { clusterEdits = [], ...plan } = decided;
  const others = clusterEdits.filter((edit) => !files.takes(edit));
  const left = others.length === 0 ? plan : { ...plan, clusterEdits: others };
  if (hasErrors(plan.issues)) return left;
  const taken = clusterEdits.filter((edit) => files.takes(edit));
  const { steps, issues } = await planFiles(files, taken).catch((error: unknown) => {
    if (taken.length > 0 || !(error instanceof AppError)) throw error;
    return { steps: [], issues: [unread(error)] };
  });
  const all = [...plan.issues, ...issues];
  if (hasErrors(all)) return { ...left, issues: all, steps: [] };
  return { ...left, issues: all, steps: [...plan.steps, ...steps] };
}

/** A folder that is somebody else's must not stop a configuration that asks for no objects. */
function unread({ message }: AppError): Issue {
  return {
    severity: 'warning',
    code: 'object-files-unread',
    pointer: '',
    message: `objects of an earlier configuration may be left among the files: ${message}`,
    hint: 'look for the label app.kubernetes.io/managed-by: calico-agent in that folder, and remove these files',
  };
}

/** @param edits none: all that the agent wrote goes */
export async function planFiles(
  files: Pick<Files, 'folder' | 'observe'>,
  edits: readonly ClusterEdit[],
): Promise<Pick<AnyPlan, 'steps' | 'issues'>> {
  const observed = await files.observe(edits);
  if (observed.objects.length === 0) return { steps: [], issues: [] };
  const { planCluster } = await import('../../../core/plan/cluster/plan-cluster.ts');
  const { steps, issues } = planCluster(edits, observed);
  return { steps: steps.map((step) => named(step, files.folder)), issues };
}

function named(step: Step<AnyChange>, folder: string): Step<AnyChange> {
  const isDeletion = step.changes.every(({ action }) => action === 'delete-object');
  return isDeletion
    ? {
        ...step,
        title: 'Remove files of objects of MetalLB',
        why: 'kubectl apply deletes nothing in a cluster: run kubectl delete for these objects as well',
      }
    : {
        ...step,
        title: 'Write objects of MetalLB as files',
        why: `kubectl apply -f ${folder} brings them into the cluster`,
      };
}
