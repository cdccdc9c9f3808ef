/** How addresses are rolled up [internal/config/config.go validateBGPAdvPerPool]. */
import type { Findings } from '../../../findings.ts';
import { cidrsOf } from '../../net/address-range.ts';
import { isFor } from '../advertised.ts';
import {
  placeAt,
  type BgpAdvertisementSpec,
  type Item,
  type MetalLbPool,
  type MetalLbSettings,
  type PlacedRange,
} from '../settings.ts';

const fields = { 4: 'aggregationLength', 6: 'aggregationLengthV6' } as const;
/** Every address for itself. */
export const wholeLength = { 4: 32, 6: 128 } as const;

export function checkAggregation(settings: MetalLbSettings, findings: Findings): void {
  // Each range is parted once, and not for each advertisement.
  const shortest = new Map(
    settings.pools.flatMap(({ ranges }) => ranges.map((one) => [one, shortestOf(one)] as const)),
  );
  for (const advertisement of settings.bgpAdvertisements) {
    checkWithServices(advertisement, findings);
    for (const family of [4, 6] as const) {
      const length = advertisement.spec[fields[family]];
      if (length === undefined) continue;
      for (const pool of settings.pools) {
        if (isFor(advertisement, pool)) {
          checkPool({ advertisement, family, length, pool, shortest }, findings);
        }
      }
    }
  }
}

function shortestOf({ range }: PlacedRange): number {
  return Math.min(...cidrsOf([range]).map(({ prefixLength }) => prefixLength));
}

interface OfPool {
  readonly advertisement: Item<BgpAdvertisementSpec>;
  readonly family: 4 | 6;
  readonly length: number;
  readonly pool: MetalLbPool;
  readonly shortest: ReadonlyMap<PlacedRange, number>;
}

/** The length must hold a whole network of each range; of a range with several, the largest counts. */
function checkPool(
  { advertisement, family, length, pool, shortest: ofRanges }: OfPool,
  findings: Findings,
): void {
  for (const placed of pool.ranges) {
    const { range, text } = placed;
    const shortest = ofRanges.get(placed);
    if (range.family !== family || shortest === undefined) continue;
    if (length >= shortest) continue;
    const message = `"${advertisement.name}" announces /${length}, and "${text}" of pool "${pool.name}" is no larger than a /${shortest}: the announcement would take in addresses of others`;
    const place = placeAt(advertisement, fields[family]);
    const hint = `take ${shortest} to ${wholeLength[family]}`;
    findings.error(place, 'metallb-aggregation', message, hint);
  }
}

function checkWithServices(advertisement: Item<BgpAdvertisementSpec>, findings: Findings): void {
  const { spec } = advertisement;
  if ((spec.serviceSelectors ?? []).length === 0) return;
  for (const family of [4, 6] as const) {
    const field = fields[family];
    const length = spec[field];
    if (length === undefined || length === wholeLength[family]) continue;
    const message = `"${advertisement.name}" has serviceSelectors and ${field}: MetalLB takes only one of them`;
    const hint = `take ${field} away: a rolled up network is for all Services in it`;
    findings.error(placeAt(advertisement, field), 'metallb-aggregation', message, hint);
  }
}
