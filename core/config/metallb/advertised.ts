/** Which pools an advertisement is for. */
import type { BgpAdvertisementSpec, Item, L2AdvertisementSpec, MetalLbPool } from './settings.ts';
import { matchesLabels } from './values/label-selector.ts';

type Advertisement = Item<L2AdvertisementSpec> | Item<BgpAdvertisementSpec>;

/** No names and no selectors mean all pools [internal/config/config.go setBGPAdvertisementsToPools]. */
export function isFor(
  { spec }: Advertisement,
  pool: Pick<MetalLbPool, 'name' | 'labels'>,
): boolean {
  const { ipAddressPools: names = [], ipAddressPoolSelectors: selectors = [] } = spec;
  if (names.length + selectors.length === 0) return true;
  return names.includes(pool.name) || selectors.some((one) => matchesLabels(one, pool.labels));
}
