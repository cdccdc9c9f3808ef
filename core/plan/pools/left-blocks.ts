import { overlaps, parseNetwork } from '../../config/net/address.ts';
import { issueAt } from '../../findings.ts';
import { nameSome } from '../../name-some.ts';
import type { Issue } from '../../issue.ts';
import { printable } from '../../printable.ts';
import type { Desired, DesiredResource } from '../../render/desired.ts';
import { defaultBlockSize } from '../../calico/ip-pool.ts';
import { matchObserved } from '../diff/match-observed.ts';
import type { LeftBlock, Observed } from '../../observe/observed.ts';

/** The networks of the pools that would be made. */
export function poolsToCreate(desired: Desired, observed: Observed): readonly string[] {
  const matched = matchObserved(desired, observed);
  return desired.resources.flatMap(({ resource }) =>
    resource.kind === 'IPPool' && matched.of(resource) === undefined ? [resource.spec.cidr] : [],
  );
}

/**
 * Finds blocks of a previous pool with another size than this pool's: Calico's own client refuses
 * such a pool. Source: libcalico-go/lib/clientv3/ippool.go, Create.
 */
export function leftBlocks(
  { resource, reasons }: DesiredResource,
  blocks: readonly LeftBlock[] = [],
): readonly Issue[] {
  if (resource.kind !== 'IPPool') return [];
  const { cidr } = resource.spec;
  const size = resource.spec.blockSize ?? defaultBlockSize(resource.spec);
  const left = blocks.filter((block) => isInTheWay(block, cidr, size));
  if (left.length === 0) return [];
  const used = left.reduce((sum, { addresses }) => sum + addresses, 0);
  const place = (reasons['spec.blockSize'] ?? reasons['spec.cidr'])?.[0]?.place ?? { pointer: '' };
  const names = nameSome(left.map((block) => block.cidr));
  const name = printable(resource.metadata.name);
  const there = `blocks of another size than its ${String(size)} are left in ${cidr}: ${names}`;
  if (used === 0) {
    const message = `pool "${name}" is made although ${there}; none of their addresses is in use`;
    const hint =
      'nodes that use such a block and one of this pool may give out the same address: calicoctl ipam check';
    return [issueAt(place, 'warning', 'pool-blocks-left', message, hint)];
  }
  const message = `cannot make pool "${name}": ${there}, with ${String(used)} addresses in use`;
  const hint = `give the pool the blockSize of these blocks, or another network; or free the addresses first: calicoctl ipam show --show-blocks`;
  return [issueAt(place, 'error', 'pool-blocks-in-use', message, hint)];
}

function isInTheWay(block: LeftBlock, cidr: string, size: number): boolean {
  const [own, pool] = [parseNetwork(block.cidr), parseNetwork(cidr)];
  if (!own.ok || !pool.ok || !overlaps(own.value.network, pool.value.network)) return false;
  return Number(block.cidr.split('/')[1]) !== size;
}
