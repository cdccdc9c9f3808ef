import type { Issue } from '../../../core/issue.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import type { EtcdDatastore } from '../../../schemas/generated/agent-config.ts';
import { clusterInformationKey } from './keys.ts';

/** calico-node writes its ClusterInformation when it first starts; libcalico-go/lib/clientv3/client.go. */
export async function checkCalico(
  client: EtcdClient,
  { requireCalico = true }: EtcdDatastore,
): Promise<readonly Issue[]> {
  if (!requireCalico) return [];
  const { ranges } = await client.read([{ key: clusterInformationKey }]);
  if (ranges.flat().length > 0) return [];
  const message =
    'this etcd has no data of Calico (no ClusterInformation): Calico never used it, or somebody emptied it';
  const hint =
    'compare the endpoints with those of calico-node (ETCD_ENDPOINTS); calico-node writes it when it starts; `requireCalico: false` below `datastore:` in agent.yaml writes here all the same';
  return [{ severity: 'warning', code: 'calico-absent', pointer: '', message, hint }];
}
