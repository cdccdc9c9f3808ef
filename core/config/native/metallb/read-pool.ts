/** Reads MetalLB's pools, and the short form of layer 2. */
import type { L2Advertisement, Pool } from '../../../../schemas/generated/metallb.ts';
import type { Findings } from '../../../findings.ts';
import type {
  Item,
  L2AdvertisementSpec,
  MetalLbPool,
  PlacedRange,
} from '../../metallb/settings.ts';
import { textMapAt } from '../../../input/plain-data.ts';
import { kindOf } from '../../net/address.ts';
import { parseRange, rangeText, type AddressRange } from '../../net/address-range.ts';
import type { Sourced } from '../../model.ts';
import { itemOf, type PlacedItem } from './placed-items.ts';

/** The name of the pool, and of the advertisement, that a range in `layer2` stands for. */
const shortName = 'layer2';

export function readPool({ value, node }: PlacedItem<Pool>, findings: Findings): MetalLbPool {
  const { labels: _, ...pool } = value;
  const item = itemOf({ value: pool, node });
  const ranges = pool.addresses.flatMap((text, index) => {
    const place = item.places[`addresses/${String(index)}`] ?? item.place;
    return readRange({ value: text, place }, findings) ?? [];
  });
  return { ...item, labels: textMapAt(value, 'labels'), ranges };
}

/** `layer2: [10.0.0.100-10.0.0.200]`: a pool with its advertisement. */
export function layer2Pool(
  texts: readonly Sourced<string>[],
  findings: Findings,
): { readonly pool: MetalLbPool; readonly advertisement: Item<L2AdvertisementSpec> } {
  const [{ place } = { place: { pointer: '' } }] = texts;
  const addresses = texts.map(({ value }) => value);
  const ofPool: L2Advertisement['ipAddressPools'] = [shortName];
  const places = Object.fromEntries(
    texts.map((text, index) => [`addresses/${String(index)}`, text.place] as const),
  );
  const ranges = texts.flatMap((text) => readRange(text, findings) ?? []);
  return {
    pool: { name: shortName, labels: {}, spec: { addresses }, ranges, place, places },
    advertisement: { name: shortName, spec: { ipAddressPools: ofPool }, place, places: {} },
  };
}

function readRange(
  { value: text, place }: Sourced<string>,
  findings: Findings,
): PlacedRange | undefined {
  const parsed = parseRange(text);
  if (!parsed.ok) {
    findings.error(place, 'metallb-range-invalid', parsed.message, parsed.hint);
    return undefined;
  }
  const { range, hostBits } = parsed.value;
  const why = unusable(range);
  if (why !== undefined) {
    const message = `"${text}" cannot be a range of MetalLB: it holds ${why}`;
    findings.error(place, 'metallb-range-unusable', message);
    return undefined;
  }
  if (hostBits) {
    const message = `"${text}" has host bits set: MetalLB takes it as ${rangeText(range)}`;
    findings.warning(place, 'metallb-range-host-bits', message, `write ${rangeText(range)}`);
  }
  return { range, text, place };
}

function unusable({ family, first, last }: AddressRange): string | undefined {
  for (const address of [first, last]) {
    const kind = kindOf({ family, address });
    if (kind === 'unspecified') return 'the address that means "no address"';
    if (kind !== 'host') return `${kind} addresses`;
  }
  return undefined;
}
