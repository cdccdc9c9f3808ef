/** Lists of names: nothing twice, and nothing that the document does not have. */
import type { Findings } from '../../../findings.ts';
import { nearestName } from '../../../nearest-name.ts';
import { placeAt, type Item, type MetalLbSettings } from '../settings.ts';
import type { Named } from './named.ts';

interface List {
  readonly item: Item<unknown>;
  readonly path: string;
  readonly texts: readonly string[] | undefined;
  /** Absent: any text is possible. */
  readonly of?: {
    readonly what: string;
    readonly code: string;
    readonly names: ReadonlySet<string>;
  };
}

export function checkLists(settings: MetalLbSettings, named: Named, findings: Findings): void {
  for (const list of listsOf(settings, named)) {
    checkDuplicates(list, findings);
    checkNames(list, findings);
  }
}

function listsOf(
  { pools, layer2, bgpAdvertisements }: MetalLbSettings,
  named: Named,
): readonly List[] {
  const ofPools = { what: 'pool', code: 'metallb-pool-unknown', names: named.pools };
  const ofPeers = { what: 'peer', code: 'metallb-peer-unknown', names: named.peers };
  return [
    ...pools.map((item) => ({
      item,
      path: 'serviceAllocation/namespaces',
      texts: item.spec.serviceAllocation?.namespaces,
    })),
    ...layer2.flatMap((item) => [
      { item, path: 'ipAddressPools', texts: item.spec.ipAddressPools, of: ofPools },
      { item, path: 'interfaces', texts: item.spec.interfaces },
    ]),
    ...bgpAdvertisements.flatMap((item) => [
      { item, path: 'ipAddressPools', texts: item.spec.ipAddressPools, of: ofPools },
      { item, path: 'peers', texts: item.spec.peers, of: ofPeers },
      { item, path: 'communities', texts: item.spec.communities },
    ]),
  ];
}

function checkDuplicates({ item, path, texts = [] }: List, findings: Findings): void {
  const known = new Set<string>();
  for (const [index, text] of texts.entries()) {
    if (known.has(text)) {
      const message = `"${text}" is twice in ${fieldOf(path)} of "${item.name}"`;
      const place = placeAt(item, path, index);
      findings.error(place, 'metallb-list-duplicate', message, 'take one of the two away');
    }
    known.add(text);
  }
}

/** MetalLB accepts a name that nothing has, and then announces nothing to it. */
function checkNames({ item, path, texts = [], of }: List, findings: Findings): void {
  if (of === undefined) return;
  for (const [index, text] of texts.entries()) {
    if (of.names.has(text)) continue;
    const nearest = nearestName(text, [...of.names]);
    const message = `"${item.name}" is for the ${of.what} "${text}", which the document does not have`;
    const hint =
      nearest === undefined
        ? `name one of metallb.${of.what}s, or add it there`
        : `did you mean "${nearest}"?`;
    findings.error(placeAt(item, path, index), of.code, message, hint);
  }
}

function fieldOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
