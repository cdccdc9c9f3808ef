/** Finds changes of the cluster that the server would refuse, by sending each as a dry run. */
import type { Issue } from '../../../core/issue.ts';
import type { ClusterChange } from '../../../core/platform/cluster/cluster-change.ts';
import { AppError } from '../../../runtime/errors.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import { RightRefused } from '../../../runtime/kubernetes/right-refused.ts';
import { forEachAtMost } from '../../../runtime/pacing/limit.ts';
import type { Reader } from './reader.ts';
import { applyObject, deleteObject, endRollout } from './write/apply-object.ts';
import { deletePod } from './write/delete-pods.ts';
import { rollOut } from './write/roll-out.ts';

const atOnce = 4;

export async function preflightChanges(
  reader: Reader,
  changes: readonly ClusterChange[],
): Promise<readonly Issue[]> {
  const issues: Issue[] = [];
  const made = new Set(changes.flatMap((change) => createdNames(change)));
  await forEachAtMost(atOnce, changes, async (change) => {
    try {
      await tryChange(reader, change, made);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // Others wrote meanwhile: the plan is made anew, and nothing is wrong with it.
      if (error.code === 'datastore-conflict') throw error;
      const code = codeOf(error);
      issues.push({ severity: 'error', code, pointer: '', message: error.message });
    }
  });
  return issues;
}

function codeOf(error: AppError): string {
  if (error instanceof RightRefused) return 'cluster-forbidden';
  if (error instanceof ApiRefusal && error.isByWebhook) return 'server-refuses';
  return error.code === 'invalid-config' ? 'server-refuses' : 'cluster-refuses';
}

/** Objects that an earlier change creates cannot be tried beforehand. */
function createdNames(change: ClusterChange): readonly string[] {
  if (change.action !== 'apply-object' || change.version !== undefined) return [];
  const { kind, name, namespace } = change.object;
  return [kind === 'Namespace' ? `namespace ${name}` : `${kind} ${namespace ?? ''}/${name}`];
}

async function tryChange(
  reader: Reader,
  change: ClusterChange,
  made: ReadonlySet<string>,
): Promise<void> {
  switch (change.action) {
    case 'apply-object': {
      const { namespace } = change.object;
      if (namespace !== undefined && made.has(`namespace ${namespace}`)) return;
      return applyObject(reader, change, { dryRun: true });
    }
    case 'delete-object':
      return deleteObject(reader, change, { dryRun: true });
    case 'rollout': {
      const { kind, namespace, name } = change.workload;
      if (made.has(`${kind} ${namespace ?? ''}/${name}`)) return;
      return rollOut(reader, change, { dryRun: true });
    }
    case 'end-rollout':
      return endRollout(reader, change.workload, { dryRun: true });
    case 'delete-pods': {
      const first = change.pods.find(({ controller }) => controller !== undefined);
      const [pod] = first?.pods ?? [];
      if (first === undefined || pod === undefined) return;
      return deletePod(reader, { ...pod, namespace: first.namespace }, true);
    }
  }
}
