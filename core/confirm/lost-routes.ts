import { parseNetwork } from '../config/net/address.ts';
import { prefixTable, type PrefixTable } from '../resolve/prefix-table.ts';
import type { Network } from '../config/model.ts';

/**
 * Destinations that had a route before and have none now. A route to a larger network counts: a
 * fabric may announce one prefix instead of every block.
 * @param before @param now networks in canonical form
 */
export function lostRoutes(before: readonly string[], now: readonly string[]): readonly string[] {
  const present = new Set(now);
  const missing = before.filter((destination) => !present.has(destination));
  if (missing.length === 0) return [];
  const table = prefixTable(
    now.flatMap(networkOf).map((network) => ({ network, value: network.cidr })),
  );
  return missing.filter((destination) =>
    networkOf(destination).every((network) => !isCovered(network, table)),
  );
}

function isCovered(
  { family, address, prefixLength }: Network,
  table: PrefixTable<string>,
): boolean {
  const [shortest] = table.matches({ family, address }).toReversed();
  return shortest !== undefined && shortest.prefixLength <= prefixLength;
}

function networkOf(text: string): readonly Network[] {
  const parsed = parseNetwork(text);
  return parsed.ok ? [parsed.value.network] : [];
}
