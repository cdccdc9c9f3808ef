import { contains, parseNetwork } from '../config/net/address.ts';
import type { Network } from '../config/model.ts';
import type { IPPoolSpec } from '../calico/ip-pool.ts';
import type { SurveyedCluster } from '../survey/surveyed-cluster.ts';

/** Calico's defaults: libcalico-go/lib/clientv3/ippool.go. */
const usualBlockSize = { 4: 26, 6: 122 } as const;

interface KnownPool {
  readonly network: Network;
  readonly blockSize: number;
}

/**
 * The destinations whose block belongs to no node any more: IPAM does not know it, or its node left
 * the cluster. Leaves out destinations that are not a block of a pool.
 */
export function departedDestinations(
  { resources, blocks, nodes }: Pick<SurveyedCluster, 'resources' | 'blocks' | 'nodes'>,
  destinations: readonly string[],
): readonly string[] {
  const pools = resources.flatMap(({ resource }) =>
    resource.kind === 'IPPool' ? poolOf(resource.spec) : [],
  );
  const living = new Set(nodes.map(({ name }) => name));
  const owners = new Map(blocks.map(({ cidr, node }) => [cidr, node]));
  return destinations.filter((destination) => {
    if (!networkOf(destination).some((network) => isBlock(network, pools))) return false;
    const owner = owners.get(destination);
    return owners.has(destination) ? owner !== undefined && !living.has(owner) : true;
  });
}

function poolOf({ cidr, blockSize }: IPPoolSpec): readonly KnownPool[] {
  return networkOf(cidr).map((network) => ({
    network,
    blockSize: blockSize ?? usualBlockSize[network.family],
  }));
}

function isBlock(network: Network, pools: readonly KnownPool[]): boolean {
  return pools.some(
    (pool) => network.prefixLength === pool.blockSize && contains(pool.network, network),
  );
}

function networkOf(text: string): readonly Network[] {
  const parsed = parseNetwork(text);
  return parsed.ok ? [parsed.value.network] : [];
}
