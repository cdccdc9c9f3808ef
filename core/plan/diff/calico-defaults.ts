/**
 * What an absent field means to Calico, so that what the server filled in is no drift. Sources:
 * api/pkg/apis/projectcalico/v3/{bgpconfig,ippool}.go, libcalico-go/lib/clientv3/ippool.go.
 */
import type { CalicoResource, ResourceKind } from '../../render/desired.ts';

type Spec = Readonly<Record<string, unknown>>;

/** The fields of a spec that are ours to write, in the order of rendering. */
export const ourFields: Readonly<Record<ResourceKind, readonly string[]>> = {
  BGPPeer: ['node', 'nodeSelector', 'peerIP', 'asNumber'],
  BGPConfiguration: [
    'asNumber',
    'nodeToNodeMeshEnabled',
    'listenPort',
    'serviceClusterIPs',
    'serviceExternalIPs',
    'serviceLoadBalancerIPs',
  ],
  IPPool: [
    'cidr',
    'ipipMode',
    'vxlanMode',
    'natOutgoing',
    'blockSize',
    'nodeSelector',
    'disabled',
    'assignmentMode',
  ],
};

const bgpConfiguration: Spec = {
  asNumber: 64512,
  nodeToNodeMeshEnabled: true,
  listenPort: 179,
  serviceClusterIPs: [],
  serviceExternalIPs: [],
  serviceLoadBalancerIPs: [],
};

const ipPool: Spec = {
  ipipMode: 'Never',
  vxlanMode: 'Never',
  natOutgoing: false,
  nodeSelector: 'all()',
  disabled: false,
  assignmentMode: 'Automatic',
};

export function defaultsOf(resource: CalicoResource): Spec {
  if (resource.kind === 'BGPConfiguration') return bgpConfiguration;
  if (resource.kind === 'BGPPeer') return {};
  return { ...ipPool, blockSize: resource.spec.cidr.includes(':') ? 122 : 26 };
}

/**
 * What calicoctl writes into a new object of etcd beside what is wanted; a server of Kubernetes does
 * so by itself. Sources: libcalico-go/lib/clientv3/{ippool,bgpconfig}.go.
 */
export function defaultsOfNew(resource: CalicoResource): Spec {
  const { kind } = resource;
  if (kind === 'BGPConfiguration') return { serviceLoadBalancerAggregation: 'Enabled' };
  if (kind === 'BGPPeer') return {};
  const { blockSize, nodeSelector, assignmentMode } = defaultsOf(resource);
  return { blockSize, nodeSelector, assignmentMode, allowedUses: ['Workload', 'Tunnel'] };
}
