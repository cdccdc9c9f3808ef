import { parseNetwork } from '../config/net/address.ts';
import { prefixTable, type PrefixTable } from '../resolve/prefix-table.ts';
import type { Network } from '../config/model.ts';
import type { LeftBlock } from '../observe/observed.ts';
import type { Baseline } from './baseline.ts';

export interface RoutesAfter {
  /** Destinations to which BIRD has routes in the kernel; absent: not known. */
  readonly routes?: readonly string[];
  /** The previously routed destinations that no node uses any more: see desertedBlocks. */
  readonly deserted?: ReadonlySet<string>;
}

/** Pod blocks that had a route before the change and have none; undefined: not known. */
export function missingRoutes(
  before: Pick<Baseline, 'routes'>,
  { routes, deserted }: RoutesAfter,
): readonly string[] | undefined {
  if (before.routes === undefined || routes === undefined) return undefined;
  return lostRoutes(before.routes, routes).filter((one) => deserted?.has(one) !== true);
}

/**
 * The destinations to which a change need not keep a route: no node has the block any more, or its
 * node is away. The sessions of a machine that is off end with their routes, whatever the change
 * does.
 * @param blocks all blocks of IPAM
 * @param away nodes that do not report while the change runs
 */
export function desertedBlocks(
  destinations: readonly string[],
  blocks: readonly LeftBlock[],
  away: readonly string[],
): ReadonlySet<string> {
  const owners = new Map(blocks.map(({ cidr, node }) => [cidr, node]));
  return new Set(
    destinations.filter((destination) => {
      const owner = owners.get(destination);
      return owner === undefined ? !owners.has(destination) : away.includes(owner);
    }),
  );
}

/** The nodes that have these blocks. @param blocks all that IPAM has */
export function ownersOf(
  destinations: readonly string[],
  blocks: readonly LeftBlock[],
): readonly string[] {
  const wanted = new Set(destinations);
  const owners = blocks.flatMap(({ cidr, node }) => (wanted.has(cidr) ? (node ?? []) : []));
  return [...new Set(owners)];
}

/**
 * Destinations that had a route before and have none now. A route to a larger network counts as
 * well, because a fabric may announce one prefix instead of every block.
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
