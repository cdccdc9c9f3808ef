import { tunnelNodesIn } from '../../../../core/survey/tunnel-addresses.ts';
import type { RawObject } from '../objects/stored-object.ts';

/**
 * Returns the block without a node's tunnel addresses: frees them, and removes their attributes.
 * Source: libcalico-go/lib/ipam/ipam_block.go, releaseByHandle and deleteAttributes.
 * @returns undefined: the block has none of them
 */
export function withoutTunnelsOf(node: string, block: RawObject): RawObject | undefined {
  const owners = tunnelNodesIn(block);
  const released = [...owners.keys()].filter((index) => owners[index] === node.toLowerCase());
  if (released.length === 0) return undefined;
  const allocations = listOf(block['allocations']).map((entry, index) =>
    released.includes(index) ? null : entry,
  );
  const isUsed = new Set(allocations);
  const attributes = listOf(block['attributes']);
  const kept = [...attributes.keys()].filter((index) => isUsed.has(index));
  const { sequenceNumberForAllocation: sequence, ...others } = block;
  return {
    ...others,
    allocations: allocations.map((entry) =>
      typeof entry === 'number' ? kept.indexOf(entry) : entry,
    ),
    attributes: kept.map((index) => attributes[index]),
    unallocated: [...listOf(block['unallocated']), ...released],
    ...(sequence !== undefined && {
      sequenceNumberForAllocation: withoutKeys(sequence, released.map(String)),
    }),
  };
}

function withoutKeys(value: unknown, keys: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
