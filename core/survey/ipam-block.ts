import { listAt, textAt, valueAt } from '../input/plain-data.ts';
import { contains, parseNetwork } from '../config/net/address.ts';
import type { PoolUsage } from '../plan/plan.ts';
import { tunnelNodesIn } from './tunnel-addresses.ts';
import type { IpamBlock } from './surveyed-cluster.ts';

/**
 * A block as IPAM writes it: the value of an etcd key, or the spec of an IPAMBlock. undefined: it
 * is about to go, or is none. Source: libcalico-go/lib/backend/model/block.go.
 */
export function parseIpamBlock(data: unknown): IpamBlock | undefined {
  const cidr = textAt(data, 'cidr');
  if (cidr === undefined || valueAt(data, 'deleted') === true) return undefined;
  const node = /^host:(.+)$/u.exec(textAt(data, 'affinity') ?? '')?.[1];
  const used = listAt(data, 'allocations').filter((one) => one !== null && one !== undefined);
  return {
    cidr,
    ...(node !== undefined && { node }),
    addresses: used.length,
    ...tunnelsIn(data),
  };
}

/** A part of an IpamBlock. */
export function tunnelsIn(block: unknown): Pick<IpamBlock, 'tunnels'> {
  const tunnels = tunnelNodesIn(block).filter((node) => node !== undefined);
  return tunnels.length > 0 ? { tunnels } : {};
}

/** How many addresses of these networks are given out. */
export function poolUsageOf(
  cidrs: readonly string[],
  blocks: readonly IpamBlock[],
): readonly PoolUsage[] {
  const parsed = blocks.map(({ cidr, addresses }) => ({ network: networkOf(cidr), addresses }));
  return cidrs.map((cidr) => {
    const pool = networkOf(cidr);
    const inside = parsed.filter(
      ({ network }) => pool !== undefined && network !== undefined && contains(pool, network),
    );
    return { cidr, addresses: inside.reduce((sum, { addresses }) => sum + addresses, 0) };
  });
}

type ParsedNetwork = Extract<ReturnType<typeof parseNetwork>, { readonly ok: true }>['value'];

function networkOf(cidr: string): ParsedNetwork['network'] | undefined {
  const parsed = parseNetwork(cidr);
  return parsed.ok ? parsed.value.network : undefined;
}
