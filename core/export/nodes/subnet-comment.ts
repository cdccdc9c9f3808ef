/**
 * Finds groups of named nodes that are exactly the nodes of some subnets, so that a person can
 * write these.
 */
import { networkOf } from '../../config/net/address.ts';
import { prefixTable } from '../../resolve/prefix-table.ts';
import type { ClusterNode, ClusterNodes } from './cluster-nodes.ts';

const maxSubnets = 4;

/** Comments for a group of these nodes; none if subnets do not separate them from the others. */
export function subnetComments(
  nodes: ClusterNodes,
): (names: readonly string[]) => readonly string[] {
  const subnets = new Map(nodes.all.map((node) => [node.name, subnetOf(node)]));
  const distinct = new Map(
    [...subnets.values()].flatMap((one) => (one === undefined ? [] : [[one.cidr, one] as const])),
  );
  const table = prefixTable(
    [...distinct.values()].map((one) => ({ network: one, value: one.cidr })),
  );
  const inside = new Map<string, Set<string>>();
  for (const { name, addresses } of nodes.all) {
    const cidrs = addresses.flatMap((one) => table.matches(one).flatMap(({ values }) => values));
    for (const cidr of cidrs) inside.set(cidr, (inside.get(cidr) ?? new Set()).add(name));
  }
  return (names) => {
    const cidrs = [...new Set(names.map((name) => subnets.get(name)?.cidr))];
    if (names.length < 2 || cidrs.length > maxSubnets) return [];
    const known = cidrs.filter((cidr) => cidr !== undefined);
    const covered = new Set(known.flatMap((cidr) => [...(inside.get(cidr) ?? [])]));
    if (known.length < cidrs.length || covered.size !== names.length) return [];
    const list = known.map((cidr) => (cidr.includes(':') ? `'${cidr}'` : cidr)).join(', ');
    return [
      `These are all nodes of their subnets; to say so, for nodes to come as well: match: { subnets: [${list}] }`,
    ];
  };
}

/** IPv4 where the node has it. */
function subnetOf({ addresses }: ClusterNode): ReturnType<typeof networkOf> | undefined {
  const address = addresses.find(({ family }) => family === 4) ?? addresses[0];
  const length = address?.prefixLength;
  return address === undefined || length === undefined ? undefined : networkOf(address, length);
}
