/** One local preference per BGP update [internal/config/config.go BGPAdvertisementsHaveCompatibleLocalPref]. */
import { describePlace, type Findings } from '../../../findings.ts';
import { isFor } from '../advertised.ts';
import { haveNodeInCommon, type NodeLabels } from '../nodes-in-common.ts';
import {
  placeAt,
  type BgpAdvertisementSpec,
  type Item,
  type MetalLbPool,
  type MetalLbSettings,
} from '../settings.ts';
import { wholeLength } from './aggregation.ts';

type Advertisement = Item<BgpAdvertisementSpec>;

/** @param nodes absent: only what holds for any nodes */
export function checkLocalPref(
  { pools, bgpAdvertisements }: MetalLbSettings,
  nodes: readonly NodeLabels[] | undefined,
  findings: Findings,
): void {
  // Which Services an advertisement with selectors is for shows only when there are Services.
  const all = bgpAdvertisements.filter(({ spec }) => !spec.serviceSelectors?.length);
  for (const [index, one] of all.entries()) {
    const other = all
      .slice(0, index)
      .find((before) => pools.some((pool) => doCollide(before, one, pool, nodes)));
    if (other === undefined) continue;
    const message = `"${one.name}" announces the same networks as "${other.name}" (${describePlace(other.place)}) with another localPref: ${prefOf(one)} and ${prefOf(other)}`;
    const hint = 'give both the same localPref, or other peers, nodes or aggregation lengths';
    findings.error(placeAt(one, 'localPref'), 'metallb-local-pref', message, hint);
  }
}

function prefOf({ spec }: Advertisement): number {
  return spec.localPref ?? 0;
}

function doCollide(
  one: Advertisement,
  other: Advertisement,
  pool: MetalLbPool,
  nodes: readonly NodeLabels[] | undefined,
): boolean {
  if (prefOf(one) === prefOf(other)) return false;
  if (!isFor(one, pool) || !isFor(other, pool)) return false;
  if (areLengthsApart(one, other, pool)) return false;
  const [left, right] = [one.spec.peers ?? [], other.spec.peers ?? []];
  const isApart = left.length > 0 && right.length > 0 && !left.some((name) => right.includes(name));
  if (isApart) return false;
  return haveNodeInCommon(one.spec.nodeSelectors, other.spec.nodeSelectors, nodes);
}

/** In every family that the pool has. */
function areLengthsApart(
  one: Advertisement,
  other: Advertisement,
  { ranges }: MetalLbPool,
): boolean {
  const families = ([4, 6] as const).filter((family) =>
    ranges.some(({ range }) => range.family === family),
  );
  return families.every((family) => lengthOf(one, family) !== lengthOf(other, family));
}

function lengthOf({ spec }: Advertisement, family: 4 | 6): number {
  const length = family === 4 ? spec.aggregationLength : spec.aggregationLengthV6;
  return length ?? wholeLength[family];
}
