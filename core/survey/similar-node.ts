import type { NodeFacts } from '../facts/facts.ts';

/**
 * Finds the Node for facts whose name no Node has: by one of their addresses, or by the host name.
 */
export function findSimilarNode<T extends Pick<NodeFacts, 'name' | 'addresses'>>(
  nodes: readonly T[],
  { name, addresses }: Pick<NodeFacts, 'name' | 'addresses'>,
): T | undefined {
  const own = new Set(addresses.map(({ address }) => address));
  const byAddress = nodes.filter((node) => node.addresses.some(({ address }) => own.has(address)));
  const isNamed = (node: T): boolean => hostOf(node.name) === hostOf(name);
  const byBoth = byAddress.filter(isNamed);
  const found = [byBoth, byAddress, nodes.filter(isNamed)].find((some) => some.length > 0) ?? [];
  return found.length === 1 ? found[0] : undefined;
}

function hostOf(name: string): string {
  return name.toLowerCase().split('.')[0] ?? name;
}
