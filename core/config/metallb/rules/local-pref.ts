/** One local preference per BGP update [internal/config/config.go BGPAdvertisementsHaveCompatibleLocalPref]. */
import { describePlace, type Findings } from '../../../findings.ts';
import { isFor } from '../advertised.ts';
import { createNodeChoices, type NodeChoices, type NodeLabels } from '../nodes-in-common.ts';
import { membersOf, shareMembers, type Members } from '../members.ts';
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
  const choices = createNodeChoices(nodes);
  const compared = all.map(compareBy(pools, all));
  for (const [index, one] of compared.entries()) {
    const other = compared.find(
      (before, earlier) => earlier < index && doCollide(before, one, choices),
    );
    if (other === undefined) continue;
    const { item } = one;
    const message = `"${item.name}" announces the same networks as "${other.item.name}" (${describePlace(other.item.place)}) with another localPref: ${one.pref} and ${other.pref}`;
    const hint = 'give both the same localPref, or other peers, nodes or aggregation lengths';
    findings.error(placeAt(item, 'localPref'), 'metallb-local-pref', message, hint);
  }
}

/** An advertisement, with what is compared for each pair made once. */
interface Compared {
  readonly item: Advertisement;
  readonly pref: number;
  readonly lengths: Readonly<Record<4 | 6, number>>;
  /** The numbers of the peers that it names; absent: it is for all. */
  readonly peers?: Members;
  /** Its pools by their families, as in familiesOf. */
  readonly pools: ReadonlyMap<Families, Members>;
}

/** The families of a pool's ranges. */
type Families = '' | '4' | '6' | '46';
const allFamilies: readonly Families[] = ['', '4', '6', '46'];

function familiesOf({ ranges }: MetalLbPool): Families {
  const has = (family: 4 | 6): boolean => ranges.some(({ range }) => range.family === family);
  return `${has(4) ? '4' : ''}${has(6) ? '6' : ''}`;
}

function compareBy(
  pools: readonly MetalLbPool[],
  all: readonly Advertisement[],
): (item: Advertisement) => Compared {
  const named = [...new Set(all.flatMap(({ spec }) => spec.peers ?? []))];
  const numbers = new Map(named.map((name, index) => [name, index]));
  const families = pools.map(familiesOf);
  return (item) => {
    const { peers = [], localPref = 0 } = item.spec;
    const own = pools.flatMap((pool, index) => (isFor(item, pool) ? [index] : []));
    const ofFamilies = allFamilies.map((one) => {
      const indexes = own.filter((index) => families[index] === one);
      return [one, membersOf(pools.length, indexes)] as const;
    });
    return {
      item,
      pref: localPref,
      lengths: { 4: lengthOf(item, 4), 6: lengthOf(item, 6) },
      ...(peers.length > 0 && {
        peers: membersOf(
          named.length,
          peers.flatMap((name) => numbers.get(name) ?? []),
        ),
      }),
      pools: new Map(ofFamilies),
    };
  };
}

function doCollide(one: Compared, other: Compared, choices: NodeChoices): boolean {
  if (one.pref === other.pref) return false;
  if (one.peers !== undefined && other.peers !== undefined) {
    if (!shareMembers(one.peers, other.peers)) return false;
  }
  const isInPool = allFamilies.some((families) => {
    if (areLengthsApart(one, other, families)) return false;
    const [left, right] = [one.pools.get(families), other.pools.get(families)];
    return left !== undefined && right !== undefined && shareMembers(left, right);
  });
  if (!isInPool) return false;
  return choices.haveInCommon(one.item.spec.nodeSelectors, other.item.spec.nodeSelectors);
}

/** In every family that the pool has. */
function areLengthsApart(one: Compared, other: Compared, families: Families): boolean {
  return ([4, 6] as const).every(
    (family) => !families.includes(String(family)) || one.lengths[family] !== other.lengths[family],
  );
}

function lengthOf({ spec }: Advertisement, family: 4 | 6): number {
  const length = family === 4 ? spec.aggregationLength : spec.aggregationLengthV6;
  return length ?? wholeLength[family];
}
