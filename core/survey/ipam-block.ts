import { isMap, listAt, textAt, valueAt } from '../input/plain-data.ts';
import type { Network } from '../config/model.ts';
import { contains, parseNetwork } from '../config/net/address.ts';
import type { PoolUsage } from '../observe/observed.ts';
import { tunnelNodesIn } from './tunnel-addresses.ts';
import type { IpamBlock } from './surveyed-cluster.ts';

/**
 * Reads a block of IPAM: the value of an etcd key, or the spec of an IPAMBlock. undefined: it is
 * being deleted, or is no block. Source: libcalico-go/lib/backend/model/block.go.
 * @param cidr its network, if the datastore has it outside of the block (etcd: in the key)
 */
export function parseIpamBlock(data: unknown, cidr = textAt(data, 'cidr')): IpamBlock | undefined {
  if (cidr === undefined || !isMap(data) || valueAt(data, 'deleted') === true) return undefined;
  // Old releases wrote hostAffinity, and Calico still reads it.
  const node =
    /^host:(.+)$/su.exec(textAt(data, 'affinity') ?? '')?.[1] ?? textAt(data, 'hostAffinity');
  const used = listAt(data, 'allocations').filter((one) => !isFree(one));
  return {
    cidr,
    ...(node !== undefined && node !== '' && { node }),
    addresses: used.length,
    ...tunnelsIn(data),
  };
}

/** The addresses in use of one block. */
export interface BlockUse {
  readonly network: Network;
  /** undefined: its allocations cannot be read. */
  readonly addresses: number | undefined;
}

/** undefined: no address of it is in use. @param cidr as for parseIpamBlock */
export function blockUse(data: unknown, cidr = textAt(data, 'cidr')): BlockUse | undefined {
  const network = cidr === undefined ? undefined : networkOf(cidr);
  if (network === undefined || valueAt(data, 'deleted') === true) return undefined;
  if (!Array.isArray(valueAt(data, 'allocations'))) return { network, addresses: undefined };
  const { addresses = 0 } = parseIpamBlock(data, cidr) ?? {};
  return addresses === 0 ? undefined : { network, addresses };
}

/** Whether no address is in use; false also if the list of allocations cannot be read. */
export function isEmptyBlock(data: unknown): boolean {
  const allocations = valueAt(data, 'allocations');
  return Array.isArray(allocations) && allocations.every(isFree);
}

/** Whether an address is free: each has the number of its attributes, or null. */
function isFree(allocation: unknown): boolean {
  return allocation === null || allocation === undefined;
}

function tunnelsIn(block: unknown): Pick<IpamBlock, 'tunnels'> {
  const tunnels = tunnelNodesIn(block).filter((node) => node !== undefined);
  return tunnels.length > 0 ? { tunnels } : {};
}

/**
 * The number of addresses in use of these networks. Leaves out a network with an unreadable block,
 * because its usage is not known.
 */
export function poolUsageOf(
  cidrs: readonly string[],
  uses: readonly BlockUse[],
): readonly PoolUsage[] {
  return cidrs.flatMap((cidr) => {
    const pool = networkOf(cidr);
    if (pool === undefined) return [];
    const inside = uses.filter(({ network }) => contains(pool, network));
    if (inside.some(({ addresses }) => addresses === undefined)) return [];
    return [{ cidr, addresses: inside.reduce((sum, { addresses = 0 }) => sum + addresses, 0) }];
  });
}

function networkOf(cidr: string): Network | undefined {
  const parsed = parseNetwork(cidr);
  return parsed.ok ? parsed.value.network : undefined;
}
