/**
 * The addresses of a fabric: subnets with their gateways, routers, nodes, and a block of each
 * family per node.
 */
import type { Family } from '../calico/calico-state.ts';

export interface LabNode {
  readonly name: string;
  /** `calico/0` */
  readonly unit: string;
  /** With prefix length, one of each family at most. */
  readonly addresses: readonly string[];
  readonly blocks: readonly string[];
  /** The first address of each block. */
  readonly pods: readonly string[];
}

export interface LabRouter {
  readonly name: string;
  readonly asNumber: number;
  readonly addresses: readonly string[];
}

export interface Topology {
  /** Each is a bridge; every node or router with an address in it is attached to it. */
  readonly subnets: readonly (readonly string[])[];
  readonly nodes: readonly LabNode[];
  /** The nodes of its subnets have their default route to it; all routers are linked in a row. */
  readonly routers: readonly LabRouter[];
  readonly pools: readonly string[];
}

const pools = { 4: '192.168.0.0/16', 6: 'fd00:192:168::/48' } as const;

function block(family: Family, index: number): string {
  return family === 4 ? `192.168.${String(index)}.0/26` : `fd00:192:168:${String(index + 1)}::/122`;
}

function labNode(index: number, addresses: readonly string[]): LabNode {
  const families = addresses.map((address): Family => (address.includes(':') ? 6 : 4));
  const blocks = families.map((family) => block(family, index));
  return {
    name: `node-${String(index)}`,
    unit: `calico/${String(index)}`,
    addresses,
    blocks,
    pods: blocks.map((cidr) => cidr.replace(/0\/26$/, '1').replace(/::\/122$/, '::1')),
  };
}

/** All nodes in one subnet, without routers. */
export function oneSubnet(count: number, families: readonly Family[]): Topology {
  const addressOf = (family: Family, index: number): string =>
    family === 4 ? `10.0.0.${String(index + 2)}/24` : `fd00:10::${String(index + 2)}/64`;
  const indexes = Array.from({ length: count }, (_, index) => index);
  return {
    subnets: [families.map((family) => (family === 4 ? '10.0.0.0/24' : 'fd00:10::/64'))],
    nodes: indexes.map((index) =>
      labNode(
        index,
        families.map((family) => addressOf(family, index)),
      ),
    ),
    routers: [],
    pools: families.map((family) => pools[family]),
  };
}

/** As examples/as-per-rack: two racks of two subnets, an AS number each. */
export function twoRacks(): Topology {
  const addresses = ['10.0.0.2', '10.0.1.2', '10.0.2.2', '10.0.3.2', '10.0.0.3', '10.0.2.3'];
  return {
    subnets: [['10.0.0.0/24'], ['10.0.1.0/24'], ['10.0.2.0/24'], ['10.0.3.0/24']],
    nodes: addresses.map((address, index) => labNode(index, [`${address}/24`])),
    routers: [
      { name: 'tor-0', asNumber: 64512, addresses: ['10.0.0.1/24', '10.0.1.1/24'] },
      { name: 'tor-1', asNumber: 64513, addresses: ['10.0.2.1/24', '10.0.3.1/24'] },
    ],
    pools: [pools[4]],
  };
}
