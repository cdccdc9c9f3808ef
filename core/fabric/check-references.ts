/**
 * Finds units, names, subnets and selectors without a node: often a typing error, and at least a
 * rule without effect.
 */
import { issueAt } from '../findings.ts';
import type { Group, NetworkModel } from '../config/model.ts';
import type { NodeFacts } from '../facts/facts.ts';
import type { Issue } from '../issue.ts';
import { printable } from '../printable.ts';
import { prefixTable } from '../resolve/prefix-table.ts';

export function checkReferences(
  { groups }: NetworkModel,
  nodes: readonly NodeFacts[],
): readonly Issue[] {
  return [
    ...unknownUnits(groups, nodes),
    ...unknownNodes(groups, nodes),
    ...unusedSubnets(groups, nodes),
    ...unusedSelectors(groups, nodes),
  ];
}

function unknownUnits(groups: readonly Group[], nodes: readonly NodeFacts[]): readonly Issue[] {
  const units = new Set(nodes.flatMap((node) => node.units));
  const named = groups.flatMap(({ match }) => match.units ?? []);
  return named
    .filter(({ value }) => !units.has(value))
    .map(({ place, value }) =>
      issueAt(place, 'warning', 'unit-unknown', `no node has the unit ${printable(value)}`),
    );
}

function unknownNodes(groups: readonly Group[], nodes: readonly NodeFacts[]): readonly Issue[] {
  const names = new Set(nodes.map(({ name }) => name.toLowerCase()));
  const named = groups.flatMap(({ match }) => match.nodes ?? []);
  return named
    .filter(({ value }) => !names.has(value.toLowerCase()))
    .map(({ place, value }) =>
      issueAt(place, 'warning', 'node-unknown', `no node has the name "${printable(value)}"`),
    );
}

function unusedSubnets(groups: readonly Group[], nodes: readonly NodeFacts[]): readonly Issue[] {
  const subnets = groups.flatMap(({ match }) => match.subnets ?? []);
  const table = prefixTable(subnets.map((value) => ({ network: value.value, value })));
  const used = new Set(
    nodes.flatMap(({ addresses }) =>
      addresses.flatMap((address) => table.matches(address).flatMap(({ values }) => values)),
    ),
  );
  return subnets
    .filter((subnet) => !used.has(subnet))
    .map(({ place, value }) =>
      issueAt(place, 'note', 'subnet-unused', `no node's address lies in ${value.cidr}`),
    );
}

function unusedSelectors(groups: readonly Group[], nodes: readonly NodeFacts[]): readonly Issue[] {
  return groups
    .flatMap(({ match }) => match.selector ?? [])
    .filter(({ value }) => !nodes.some(({ labels }) => value.matches(labels)))
    .map(({ place, value }) =>
      issueAt(place, 'note', 'selector-unused', `no node's labels match ${printable(value.text)}`),
    );
}
