/** Counts what a change of the CNI would take away. */
import { textAt, valueAt } from '../../../../core/input/plain-data.ts';
import type { ClusterCounts } from '../../../../core/platform/cluster/observed-cluster.ts';
import { reasonOf } from '../../../../runtime/errors.ts';
import type { Reader } from '../reader.ts';

interface Counted {
  readonly what: string;
  readonly path: string;
  readonly counts?: (item: unknown) => boolean;
}

const calico = '/apis/crd.projectcalico.org/v1';
const kubeOvn = '/apis/kubeovn.io/v1';

const counted: readonly Counted[] = [
  { what: 'nodes', path: '/api/v1/nodes' },
  { what: 'pods with an address of the network', path: '/api/v1/pods', counts: hasOwnAddress },
  {
    what: 'Services of type LoadBalancer',
    path: '/api/v1/services',
    counts: (item) => textAt(item, 'spec', 'type') === 'LoadBalancer',
  },
  { what: 'NetworkPolicies', path: '/apis/networking.k8s.io/v1/networkpolicies' },
  { what: "Calico's NetworkPolicies", path: `${calico}/networkpolicies` },
  { what: "Calico's GlobalNetworkPolicies", path: `${calico}/globalnetworkpolicies` },
  { what: "Calico's IPPools", path: `${calico}/ippools` },
  { what: "Calico's BGPPeers", path: `${calico}/bgppeers` },
  { what: "Calico's HostEndpoints", path: `${calico}/hostendpoints` },
  { what: "Kube-OVN's Subnets", path: `${kubeOvn}/subnets` },
  { what: "Kube-OVN's VPCs", path: `${kubeOvn}/vpcs` },
];

/** A kind that the server does not have is left out: there is nothing to lose. */
export async function readCounts(reader: Reader): Promise<ClusterCounts> {
  const results = await Promise.all(counted.map((one) => countOne(reader, one)));
  return {
    counts: results.flatMap(({ what, count }) => (count === undefined ? [] : [{ what, count }])),
    uncounted: results.flatMap(({ what, why }) => (why === undefined ? [] : [{ what, why }])),
  };
}

async function countOne(
  reader: Reader,
  { what, path, counts = () => true }: Counted,
): Promise<{ readonly what: string; readonly count?: number; readonly why?: string }> {
  try {
    const found = await reader.listOptional(`count ${what}`, path, (item) =>
      counts(item) ? true : undefined,
    );
    return { what, ...(found !== undefined && { count: found.length }) };
  } catch (error) {
    return { what, why: reasonOf(error) };
  }
}

function hasOwnAddress(item: unknown): boolean {
  return (
    valueAt(item, 'spec', 'hostNetwork') !== true &&
    textAt(item, 'status', 'podIP') !== undefined &&
    textAt(item, 'status', 'phase') !== 'Succeeded' &&
    textAt(item, 'status', 'phase') !== 'Failed'
  );
}
