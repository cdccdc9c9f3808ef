import type { Issue } from '../../../core/issue.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import type { CalicoApi } from './calico-api.ts';

/**
 * Checks that Calico was used here: CRDs are not enough, but calico-node writes its
 * ClusterInformation when it first starts (libcalico-go/lib/clientv3/client.go). An agent without
 * the right to read it goes on.
 */
export async function checkCalico(
  client: KubernetesClient,
  api: CalicoApi,
): Promise<readonly Issue[]> {
  const path = `/apis/${api.group}/clusterinformations/default`;
  try {
    if ((await client.find('look for ClusterInformation "default"', path)) !== undefined) return [];
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 403) return [];
    throw error;
  }
  const message = `this cluster has no data of Calico in ${api.group} (no ClusterInformation): calico-node never ran here, or works with another datastore`;
  const hint =
    'check whether calico-node runs, and with which datastore (DATASTORE_TYPE, CALICO_API_GROUP); `requireCalico: false` below `datastore:` in agent.yaml writes here all the same';
  return [{ severity: 'warning', code: 'calico-absent', pointer: '', message, hint }];
}
