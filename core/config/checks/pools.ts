/**
 * Checks Calico's rules for pools, for each and for all together. Source:
 * api/pkg/apis/projectcalico/v3/ippool.go, libcalico-go/lib/clientv3/ippool.go.
 */
import type { Place } from '../../issue.ts';
import { bitsOf, contains } from '../net/address.ts';
import { describePlace, type Findings } from '../../findings.ts';
import type { Pool, PoolField } from '../model.ts';
import { blockSizes, defaultBlockSize } from '../values/pool-network.ts';

export function checkPools(pools: readonly Pool[], findings: Findings): void {
  for (const pool of pools) {
    checkEncapsulation(pool, findings);
    checkBlocks(pool, findings);
  }
  checkOverlap(pools, findings);
}

function at(pool: Pool, field: PoolField): Place {
  return pool.places[field] ?? pool.place;
}

function checkEncapsulation(pool: Pool, findings: Findings): void {
  if (pool.ipip === 'Never') return;
  if (pool.vxlan !== 'Never') {
    const message = `pool "${pool.name}" cannot have both IPIP (${pool.ipip}) and VXLAN (${pool.vxlan})`;
    findings.error(at(pool, 'vxlan'), 'pool-ipip-and-vxlan', message, 'set one of them to Never');
  }
  if (pool.network.family === 6) {
    const message = `pool "${pool.name}" cannot have IPIP: Calico has it for IPv4 only`;
    findings.error(at(pool, 'ipip'), 'pool-ipip-on-ipv6', message, 'IPv6 pools can have vxlan');
  }
}

function checkBlocks(pool: Pool, findings: Findings): void {
  const { family, prefixLength, cidr } = pool.network;
  const blockSize = pool.blockSize ?? defaultBlockSize[family];
  const [smallest, largest] = blockSizes[family];
  if (blockSize < smallest || blockSize > largest) {
    const message = `blockSize ${blockSize} of pool "${pool.name}" must be ${smallest} to ${largest} for IPv${family}`;
    findings.error(at(pool, 'blockSize'), 'pool-block-size', message);
  } else if (prefixLength > blockSize) {
    const message = `pool "${pool.name}" (${cidr}) cannot hold one block of /${blockSize}`;
    const hint = `take a network of /${blockSize} or larger`;
    findings.error(at(pool, 'cidr'), 'pool-too-small', message, hint);
  }
}

/** Sorted by address, a pool that overlaps another one follows a pool that holds it. */
function checkOverlap(pools: readonly Pool[], findings: Findings): void {
  const sorted = pools
    .map((pool) => ({ pool, bits: bitsOf(pool.network.address) }))
    .sort(
      (one, other) =>
        one.pool.network.family - other.pool.network.family ||
        compare(one.bits, other.bits) ||
        one.pool.network.prefixLength - other.pool.network.prefixLength,
    );
  let holder: Pool | undefined;
  for (const { pool } of sorted) {
    if (holder === undefined || !contains(holder.network, pool.network)) {
      holder = pool;
      continue;
    }
    const place = at(pool, 'cidr');
    const message = `pool "${pool.name}" (${pool.network.cidr}) overlaps pool "${holder.name}" (${holder.network.cidr}, ${describePlace(at(holder, 'cidr'))})`;
    findings.error(place, 'pool-overlap', message, 'no two pools may share an address');
  }
}

function compare(one: bigint, other: bigint): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
