/** Reads what the cluster knows about the CNI of this node. */
import { checkClusterCni } from '../../../core/platform/cni/check-cluster-cni.ts';
import { fileIssue } from '../../../core/platform/file-issues.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { PlatformDeps } from './platform-deps.ts';

/** An agent that does not reach the API server reports what the files say. */
export async function readClusterCni({
  cluster,
  nodeName,
  programs,
}: PlatformDeps): Promise<ReturnType<typeof checkClusterCni>> {
  const name = nodeName?.();
  if (cluster === undefined || name === undefined) return { properties: [], issues: [] };
  try {
    const [node, pods, dns, links] = await Promise.all([
      cluster.node(name),
      cluster.pods({ node: name }),
      cluster.pods({ selector: 'k8s-app=kube-dns' }),
      programs.links(),
    ]);
    return checkClusterCni({ node, pods, dns, links });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const message = `the cluster cannot be asked about the CNI of this node: ${error.message}`;
    const issue = fileIssue('note', undefined, { code: 'cluster-not-asked', message });
    return { properties: [], issues: [issue] };
  }
}
