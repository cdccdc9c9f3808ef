/** Nodes that only Kubernetes has, or only Calico. */
import { nameSome } from '../../name-some.ts';
import { providerSetting, type Comparing } from './difference.ts';
import type { LivingCluster } from './living-cluster.ts';

/** With Kubernetes as its datastore Calico's Nodes are those of Kubernetes, with its annotations. */
export function compareNodes(
  { cluster, differences, notCompared }: Comparing,
  { nodes, blockNodes }: LivingCluster,
): void {
  if (!nodes.isRead) {
    notCompared.push({ what: 'stale nodes', why: nodes.why });
    return;
  }
  const known = new Set(nodes.value.map(({ name }) => name));
  const withoutCalico = nodes.value.filter(({ hasCalico }) => !hasCalico);
  const base = { ...providerSetting(cluster), wins: 'cluster' } as const;
  if (withoutCalico.length > 0) {
    differences.push({
      ...base,
      code: 'kops-live-node-without-calico',
      wanted: 'calico-node on every node',
      object: `Node ${nameSome(withoutCalico.map(({ name }) => name))}`,
      field: 'metadata.annotations',
      found: 'no address of Calico',
      why: 'calico-node never came up there: other nodes have no route to its pods',
    });
  }
  if (!blockNodes.isRead) {
    notCompared.push({ what: 'address blocks of stale nodes', why: blockNodes.why });
    return;
  }
  const stale = [...new Set(blockNodes.value)].filter((name) => !known.has(name)).toSorted();
  if (stale.length === 0) return;
  differences.push({
    ...base,
    code: 'kops-live-stale-node',
    wanted: 'blocks of living nodes alone',
    object: `BlockAffinity of ${nameSome(stale)}`,
    field: 'spec.node',
    found: `${String(stale.length)} ${stale.length === 1 ? 'node that is' : 'nodes that are'} gone`,
    why: 'its addresses are not given to other nodes; calico-kube-controllers releases them where it runs',
  });
}
