/**
 * Finds addresses of nodes' own tunnels, which no pod uses. IPAM names the owner of each address by
 * a handle. Source: node/pkg/allocateip/allocateip.go, generateHandleAndAttributes.
 */
import { listAt, textAt } from '../input/plain-data.ts';

const prefixes = [
  'ipip-tunnel-addr-',
  'vxlan-tunnel-addr-',
  'vxlan-v6-tunnel-addr-',
  'wireguard-tunnel-addr-',
  'wireguard-v6-tunnel-addr-',
] as const;

/** The handles of a node's tunnels, in lower case, as newer releases of IPAM write them. */
export function tunnelHandlesOf(node: string): ReadonlySet<string> {
  return new Set(prefixes.map((prefix) => prefix + node.toLowerCase()));
}

/**
 * The node, in lower case, whose tunnel address has this handle; undefined: it is another handle.
 */
function tunnelNodeOf(handle: string): string | undefined {
  const lower = handle.toLowerCase();
  const prefix = prefixes.find((one) => lower.startsWith(one));
  return prefix === undefined ? undefined : lower.slice(prefix.length);
}

/**
 * For each address of a block the node whose tunnel address it is; undefined: it has another use,
 * or is free.
 */
export function tunnelNodesIn(block: unknown): readonly (string | undefined)[] {
  const owners = listAt(block, 'attributes').map((attribute) =>
    tunnelNodeOf(textAt(attribute, 'handle_id') ?? ''),
  );
  if (owners.every((owner) => owner === undefined)) return [];
  return listAt(block, 'allocations').map((index) =>
    typeof index === 'number' ? owners[index] : undefined,
  );
}
