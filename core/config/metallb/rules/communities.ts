import { describePlace, type Findings } from '../../../findings.ts';
import { nearestName } from '../../../nearest-name.ts';
import { placeAt, type CommunityAlias, type Item, type MetalLbSettings } from '../settings.ts';
import { parseCommunity } from '../values/community.ts';
import type { Named } from './named.ts';

export function checkCommunities(
  { communities, bgpAdvertisements }: MetalLbSettings,
  named: Named,
  findings: Findings,
): void {
  const known = new Map<string, Item<CommunityAlias>>();
  for (const item of communities) {
    const before = known.get(item.name);
    if (before === undefined) known.set(item.name, item);
    else {
      const message = `there are two communities with the name "${item.name}": already ${describePlace(placeAt(before, 'name'))}`;
      const hint = 'give each a name of its own';
      findings.error(placeAt(item, 'name'), 'metallb-name-duplicate', message, hint);
    }
    const parsed = parseCommunity(item.spec.value);
    if (!parsed.ok) {
      const place = placeAt(item, 'value');
      findings.error(place, 'metallb-community-invalid', parsed.message, parsed.hint);
    }
  }
  for (const item of bgpAdvertisements) {
    for (const [index, text] of (item.spec.communities ?? []).entries()) {
      checkUse(item, index, text, named.communities, findings);
    }
  }
}

function checkUse(
  item: Item<unknown>,
  index: number,
  text: string,
  names: ReadonlySet<string>,
  findings: Findings,
): void {
  if (names.has(text)) return;
  const place = placeAt(item, 'communities', index);
  if (text.includes(':')) {
    const parsed = parseCommunity(text);
    if (!parsed.ok) {
      findings.error(place, 'metallb-community-invalid', parsed.message, parsed.hint);
    }
    return;
  }
  const nearest = nearestName(text, [...names]);
  const message = `"${item.name}" has the community "${text}", which the document does not have`;
  const hint =
    nearest === undefined
      ? 'add it to metallb.communities, or write its value, such as 65000:100'
      : `did you mean "${nearest}"?`;
  findings.error(place, 'metallb-community-unknown', message, hint);
}
