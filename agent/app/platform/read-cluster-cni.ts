/** Reads what the cluster knows about the CNI of this node. */
import { checkClusterCni } from '../../../core/platform/cni/check-cluster-cni.ts';
import type { ClusterNode } from '../../../core/platform/cluster/observed-cluster.ts';
import { kubectlOf } from '../../../core/platform/kubectl-of.ts';
import { fileIssue } from '../../../core/platform/file-issues.ts';
import {
  compareServers,
  serverValues,
  type K3sServer,
} from '../../../core/platform/k3s/server-values.ts';
import type { Platform } from '../../../schemas/generated/agent-api/platform.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { PlatformDeps } from './platform-deps.ts';

function serverOf({ name, k3sArguments = '' }: ClusterNode): readonly K3sServer[] {
  const values = serverValues(k3sArguments);
  return values === undefined ? [] : [{ name, values }];
}

/**
 * An agent that does not reach the API server reports what the files say.
 * @param plugins of the CNI configuration in force
 */
export async function readClusterCni(
  { cluster, nodeName, programs }: PlatformDeps,
  platform: Platform['platform'],
  plugins: readonly string[],
): Promise<ReturnType<typeof checkClusterCni>> {
  const name = nodeName?.();
  if (cluster === undefined || name === undefined) return { properties: [], issues: [] };
  try {
    const [node, pods, dns, links] = await Promise.all([
      cluster.node(name),
      cluster.pods({ node: name }),
      cluster.pods({ selector: 'k8s-app=kube-dns' }),
      programs.links(),
    ]);
    const { properties, issues } = checkClusterCni({
      ...{ platform, node, pods, dns, links, plugins },
      kubectl: kubectlOf(platform),
    });
    const isServer = platform === 'k3s' && node !== undefined && serverOf(node).length > 0;
    const servers = isServer ? await cluster.nodes() : [];
    return { properties, issues: [...issues, ...compareServers(servers.flatMap(serverOf))] };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const message = `the cluster cannot be asked about the CNI of this node: ${error.message}`;
    const issue = fileIssue('note', undefined, { code: 'cluster-not-asked', message });
    return { properties: [], issues: [issue] };
  }
}
