/** Counts what a change of the CNI would take away. */
import { textAt, valueAt } from '../../../../core/input/plain-data.ts';
import type { ClusterCounts } from '../../../../core/platform/cluster/observed-cluster.ts';
import { reasonOf } from '../../../../runtime/errors.ts';
import type { Reader } from '../reader.ts';

interface Counted {
  readonly what: string;
  /** The first one that the server has is counted. */
  readonly paths: readonly string[];
  readonly counts?: (item: unknown) => boolean;
}

const calicoGroups = ['/apis/crd.projectcalico.org/v1', '/apis/projectcalico.org/v3'];
const ofCalico = (plural: string): readonly string[] =>
  calicoGroups.map((group) => `${group}/${plural}`);
const kubeOvn = '/apis/kubeovn.io/v1';

const counted: readonly Counted[] = [
  { what: 'nodes', paths: ['/api/v1/nodes'] },
  { what: 'pods with an address of the network', paths: ['/api/v1/pods'], counts: hasOwnAddress },
  {
    what: 'Services of type LoadBalancer',
    paths: ['/api/v1/services'],
    counts: (item) => textAt(item, 'spec', 'type') === 'LoadBalancer',
  },
  { what: 'NetworkPolicies', paths: ['/apis/networking.k8s.io/v1/networkpolicies'] },
  { what: "Calico's NetworkPolicies", paths: ofCalico('networkpolicies') },
  { what: "Calico's GlobalNetworkPolicies", paths: ofCalico('globalnetworkpolicies') },
  { what: "Calico's IPPools", paths: ofCalico('ippools') },
  { what: "Calico's BGPPeers", paths: ofCalico('bgppeers') },
  { what: "Calico's HostEndpoints", paths: ofCalico('hostendpoints') },
  { what: "Kube-OVN's Subnets", paths: [`${kubeOvn}/subnets`] },
  { what: "Kube-OVN's VPCs", paths: [`${kubeOvn}/vpcs`] },
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
  { what, paths, counts = () => true }: Counted,
): Promise<{ readonly what: string; readonly count?: number; readonly why?: string }> {
  try {
    for (const path of paths) {
      const found = await reader.listOptional(`count ${what}`, path, (item) =>
        counts(item) ? true : undefined,
      );
      if (found !== undefined) return { what, count: found.length };
    }
    return { what };
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
