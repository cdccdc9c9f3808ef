/** A running cluster as kops 1.30 makes it, for tests that change one part of it. */
import { judge } from '../../../../core/kops/check/check-cluster.ts';
import type { JudgedCluster } from '../../../../core/kops/document/facts.ts';
import { readClusters } from '../../../../core/kops/document/read-clusters.ts';
import type { Part } from '../../../../core/platform/cluster/part.ts';
import type {
  LivingCluster,
  LivingVariable,
  LivingWorkload,
} from '../../../../core/kops/living/living-cluster.ts';

export function known<T>(value: T): Part<T> {
  return { isRead: true, value };
}

export const unknown = { isRead: false, why: 'the server refuses it' } as const;

export function judged(
  networking: string,
  { kops = 30, spec = '', cloud = 'aws' }: { kops?: number; spec?: string; cloud?: string } = {},
): JudgedCluster {
  const [cluster] = readClusters(`apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata:
  name: c.example.com
spec:
  cloudProvider: ${cloud}
  kubernetesVersion: 1.${String(kops)}.0
${spec}  networking:
    ${networking}
`).clusters;
  if (cluster === undefined) throw new Error('no cluster');
  return judge(cluster, { kops });
}

export function workload(
  name: string,
  images: readonly (readonly [container: string, image: string])[],
  more: Partial<LivingWorkload> & {
    readonly variables?: Readonly<Record<string, LivingVariable>>;
  } = {},
): LivingWorkload {
  const { variables = {}, ...others } = more;
  return {
    namespace: 'kube-system',
    name,
    containers: images.map(([container, image]) => ({ name: container, image, variables })),
    ...others,
  };
}

const usualVariables: Readonly<Record<string, LivingVariable>> = {
  CALICO_NETWORKING_BACKEND: {
    from: 'config-map',
    configMap: 'calico-config',
    key: 'calico_backend',
  },
  FELIX_AWSSRCDSTCHECK: { from: 'value', value: 'Disable' },
  FELIX_WIREGUARDENABLED: { from: 'value', value: 'false' },
  FELIX_BPFENABLED: { from: 'value', value: 'false' },
};

export function calicoNode(
  variables: Readonly<Record<string, LivingVariable>> = {},
  tag = 'v3.28.1',
): LivingWorkload {
  return workload('calico-node', [['calico-node', `docker.io/calico/node:${tag}`]], {
    variables: { ...usualVariables, ...variables },
  });
}

export const usualPool = {
  name: 'default-ipv4-ippool',
  cidr: '100.96.0.0/11',
  ipipMode: 'CrossSubnet',
  vxlanMode: 'Never',
  isDisabled: false,
} as const;

/** Of `calico: {}` in kops 1.30 on AWS. */
export function living(more: Partial<LivingCluster> = {}): LivingCluster {
  return {
    pools: known([usualPool]),
    felix: known([{ name: 'default' }]),
    daemonSets: known([calicoNode()]),
    deployments: known([
      workload('calico-kube-controllers', [
        ['calico-kube-controllers', 'docker.io/calico/kube-controllers:v3.28.1'],
      ]),
    ]),
    config: known({ calico_backend: 'bird', veth_mtu: '0' }),
    nodes: known([{ name: 'i-1', hasCalico: true }]),
    blockNodes: known(['i-1']),
    apiService: known('100.64.0.1'),
    ...more,
  };
}
