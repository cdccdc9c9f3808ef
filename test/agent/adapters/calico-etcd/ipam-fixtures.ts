/** IPAM's blocks and the nodes' claims to them, as Calico writes them into etcd. */
import type { Fence } from '../../../../agent/ports/datastore/writer-lease.ts';
import type { ConnectedDatastore } from '../../../../agent/ports/datastore/connected-datastore.ts';

const ipam = '/calico/ipam/v2';

export const blocksPrefix = `${ipam}/assignment/`;
export const claimsPrefix = `${ipam}/host/`;

/** @param cidr `10.1.0.0/26` */
export function blockKey(cidr: string): string {
  return blocksPrefix + placeOf(cidr);
}

export function claimKey(node: string, cidr: string): string {
  return `${claimsPrefix}${node}/${placeOf(cidr)}`;
}

function placeOf(cidr: string): string {
  return `${cidr.includes(':') ? 'ipv6' : 'ipv4'}/block/${cidr.replace('/', '-')}`;
}

export const confirmedClaim = { state: 'confirmed' };

/** A block of 64 addresses, of which pods of the node use the first ones. */
export function blockOf(
  cidr: string,
  node: string,
  used: number,
): Readonly<Record<string, unknown>> {
  const allocations = Array.from({ length: 64 }, (_, index) => (index < used ? 0 : null));
  return {
    cidr,
    affinity: `host:${node}`,
    allocations,
    unallocated: [],
    attributes: [{ handle_id: 'h', secondary: { node, pod: 'p' } }],
    deleted: false,
  };
}

/** The fence of the writer lease, which no other agent may hold. */
export async function held({
  writerLease,
}: Pick<ConnectedDatastore, 'writerLease'>): Promise<Fence> {
  const claim = await writerLease.claim();
  if (claim.held) return claim.fence;
  throw new Error(`${claim.holder} holds the writer lease`);
}
