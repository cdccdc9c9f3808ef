/** Pools without advertisements, and advertisements without pools: MetalLB accepts both. */
import type { Findings } from '../../../findings.ts';
import { isFor } from '../advertised.ts';
import { placeAt, type MetalLbSettings } from '../settings.ts';

export function checkAdvertisements(settings: MetalLbSettings, findings: Findings): void {
  const { pools, layer2, bgpAdvertisements, speaker, peers } = settings;
  const all = [...layer2, ...bgpAdvertisements];
  for (const { name, spec, ...item } of all) {
    const selectors = spec.ipAddressPoolSelectors ?? [];
    if (selectors.length === 0 || pools.some((pool) => isFor({ name, spec, ...item }, pool)))
      continue;
    const message = `"${name}" chooses pools by labels, and no pool of the document has these labels`;
    const hint = 'give the pool these labels, or name it in ipAddressPools';
    const place = placeAt(item, 'ipAddressPoolSelectors');
    findings.warning(place, 'metallb-advertises-nothing', message, hint);
  }
  if (speaker.value === 'calico') return;
  for (const pool of pools) {
    if (all.some((one) => isFor(one, pool))) continue;
    const message = `nobody announces the addresses of pool "${pool.name}": Services get them, and nobody reaches them`;
    const hint = `add it to layer2 or bgpAdvertisements, or let Calico announce all pools with speaker: calico`;
    findings.warning(placeAt(pool, 'name'), 'metallb-not-announced', message, hint);
  }
  if (bgpAdvertisements.length > 0 && peers.length === 0) {
    const [{ place } = settings] = bgpAdvertisements;
    const message = 'there are bgpAdvertisements, and MetalLB has no peer that could get them';
    const hint = 'add peers, or let Calico announce the pools with speaker: calico';
    findings.warning(place, 'metallb-no-peers', message, hint);
  }
}
