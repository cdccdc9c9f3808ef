import { addressBits } from '../config/net/address.ts';
import { issueAt } from '../findings.ts';
import type { NetworkModel, Pool } from '../config/model.ts';
import type { NodeAddress, NodeFacts } from '../facts/facts.ts';
import { onNode, type Issue, type Place } from '../issue.ts';
import { nameSome } from '../name-some.ts';

/** Facts have no place in the configuration. */
const nowhere: Place = { pointer: '' };

export function checkAddresses(model: NetworkModel, nodes: readonly NodeFacts[]): readonly Issue[] {
  return [
    ...shared(nodes, 'duplicate-name', 'the name', ({ name }) => [name]),
    ...shared(nodes, 'duplicate-unit', 'the unit', ({ units }) => units),
    ...shared(nodes, 'duplicate-address', 'the address', ({ addresses }) =>
      addresses.map(({ address }) => address),
    ),
    ...crossSubnetNeeds(model.pools ?? [], nodes),
  ];
}

/**
 * Finds values that several nodes have. calico-node refuses to start with an address of another
 * node: node/pkg/lifecycle/startup.
 */
function shared(
  nodes: readonly NodeFacts[],
  code: string,
  what: string,
  valuesOf: (node: NodeFacts) => readonly string[],
): readonly Issue[] {
  const holders = new Map<string, string[]>();
  for (const node of nodes) {
    for (const value of new Set(valuesOf(node))) {
      const known = holders.get(value);
      if (known === undefined) holders.set(value, [node.name]);
      else known.push(node.name);
    }
  }
  return [...holders]
    .filter(([, names]) => names.length > 1)
    .map(([value, names]) => {
      const message = `${names.length} nodes have ${what} ${value}: ${nameSome(names)}`;
      return onNode(issueAt(nowhere, 'error', code, message), names[0] ?? '');
    });
}

/**
 * CrossSubnet compares the next hop with the node's own subnet
 * (confd/etc/calico/confd/templates/bird_ipam.cfg.template).
 */
function crossSubnetNeeds(pools: readonly Pool[], nodes: readonly NodeFacts[]): readonly Issue[] {
  return pools.flatMap((pool) => {
    const field = (['ipip', 'vxlan'] as const).find((mode) => pool[mode] === 'CrossSubnet');
    if (field === undefined) return [];
    const place = pool.places[field] ?? pool.place;
    return nodes.flatMap(({ name, addresses }) => {
      const address = addresses.find(({ family }) => family === pool.network.family);
      return address === undefined
        ? []
        : subnetUnknown(address, place).map((issue) => onNode(issue, name));
    });
  });
}

function subnetUnknown({ family, prefixLength }: NodeAddress, place: Place): readonly Issue[] {
  const bits = addressBits[family];
  if (prefixLength === undefined) {
    const message = 'CrossSubnet needs the subnet of each node, and the prefix length is not known';
    const hint = 'tell it in the facts: addresses: [10.0.0.2/24]';
    return [issueAt(place, 'warning', 'prefix-length-unknown', message, hint)];
  }
  if (prefixLength < bits) return [];
  const message = `with an address that is a subnet by itself (/${bits}), CrossSubnet tunnels all traffic`;
  const hint = "give the node's address its subnet's prefix length, or say Always";
  return [issueAt(place, 'warning', 'host-prefix-cross-subnet', message, hint)];
}
