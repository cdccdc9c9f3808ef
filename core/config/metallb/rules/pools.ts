import { describePlace, type Findings } from '../../../findings.ts';
import { bitsOf } from '../../net/address.ts';
import { rangesOverlap } from '../../net/address-range.ts';
import type { Item, MetalLbPool, MetalLbSettings, PlacedRange } from '../settings.ts';
import { placeAt } from '../settings.ts';
import type { Named } from './named.ts';

export function checkPools(
  settings: MetalLbSettings,
  { isWhole }: Named,
  findings: Findings,
): void {
  const { pools, layer2, bgpAdvertisements, peers, bfdProfiles, communities } = settings;
  const lists: readonly (readonly [string, readonly Item<unknown>[]])[] = [
    ['pool', pools],
    ['L2Advertisement', layer2],
    ['BGPAdvertisement', bgpAdvertisements],
    ['peer', peers],
    ['BFD profile', bfdProfiles],
  ];
  for (const [what, items] of lists) checkNames(what, items, findings);
  const all = [...lists.flatMap(([, items]) => items), ...communities];
  if (isWhole && all.length === 0) {
    const hint = 'name a range: layer2: [10.0.0.100-10.0.0.200]';
    findings.warning(settings.place, 'metallb-empty', 'the metallb section asks for nothing', hint);
  }
  checkOverlap(pools, findings);
  for (const pool of pools) checkAllocation(pool, findings);
}

function checkNames(what: string, items: readonly Item<unknown>[], findings: Findings): void {
  const known = new Map<string, Item<unknown>>();
  for (const item of items) {
    const before = known.get(item.name);
    if (before === undefined) {
      known.set(item.name, item);
      continue;
    }
    const message = `there are two of MetalLB's ${what}s with the name "${item.name}": already ${describePlace(placeAt(before, 'name'))}`;
    const hint = 'give each a name of its own';
    findings.error(placeAt(item, 'name'), 'metallb-name-duplicate', message, hint);
  }
}

interface OfPool extends PlacedRange {
  readonly pool: string;
}

/** Sorted by address, a range that overlaps another one follows the range that reaches furthest. */
function checkOverlap(pools: readonly MetalLbPool[], findings: Findings): void {
  const all = pools.flatMap(({ name, ranges }) =>
    ranges.map((one): OfPool => ({ ...one, pool: name })),
  );
  const sorted = all.toSorted(
    (one, other) =>
      one.range.family - other.range.family ||
      compare(bitsOf(one.range.first), bitsOf(other.range.first)),
  );
  let before: OfPool | undefined;
  for (const one of sorted) {
    if (before !== undefined && rangesOverlap(before.range, one.range)) {
      reportOverlap(before, one, all, findings);
    }
    if (before?.range.family !== one.range.family || reaches(one, before)) before = one;
  }
}

function reportOverlap(
  one: OfPool,
  other: OfPool,
  all: readonly OfPool[],
  findings: Findings,
): void {
  const [first, second] = all.indexOf(one) < all.indexOf(other) ? [one, other] : [other, one];
  const whose = first.pool === second.pool ? 'of the same pool' : `of pool "${first.pool}"`;
  const message = `"${second.text}" of pool "${second.pool}" overlaps "${first.text}" ${whose} (${describePlace(first.place)})`;
  const hint = 'every address may be in one range only';
  findings.error(second.place, 'metallb-pool-overlap', message, hint);
}

function reaches({ range }: OfPool, before: OfPool): boolean {
  return bitsOf(range.last) > bitsOf(before.range.last);
}

function compare(one: bigint, other: bigint): number {
  return one < other ? -1 : Number(one > other);
}

function checkAllocation(pool: MetalLbPool, findings: Findings): void {
  const { namespaces, namespaceSelectors, serviceSelectors } = pool.spec.serviceAllocation ?? {};
  const isLimited = [namespaces, namespaceSelectors, serviceSelectors].some((list) => list?.length);
  if (pool.spec.serviceAllocation === undefined || isLimited) return;
  if (pool.spec.serviceAllocation.priority !== undefined) return;
  const message = `serviceAllocation of pool "${pool.name}" names no Services, and so means all`;
  const hint = 'name namespaces, namespaceSelectors or serviceSelectors, or take it away';
  findings.warning(placeAt(pool, 'serviceAllocation'), 'metallb-allocation-empty', message, hint);
}
