/** Unique names for groups, made from their content. */
import type { GroupDraft } from '../draft.ts';

const maxLength = 100;

export function namedGroups(groups: readonly GroupDraft[]): readonly GroupDraft[] {
  const taken = new Set<string>();
  return groups.map((group) => {
    const plain = nameOf(group).slice(0, maxLength);
    let name = plain;
    for (let count = 2; taken.has(name); count += 1) name = `${plain}-${count}`;
    taken.add(name);
    return { ...group, name };
  });
}

function nameOf({ name, match, asNumber, routeReflectorClusterId, peers }: GroupDraft): string {
  if (name !== '') return name;
  if ('selector' in match) {
    const words = match.selector.replaceAll(/[^A-Za-z0-9._/]+/g, '-').replaceAll(/^-|-$/g, '');
    return words === '' ? 'selector' : words;
  }
  const [node = ''] = match.nodes;
  if (match.nodes.length === 1) return node;
  if (routeReflectorClusterId !== undefined) return `reflectors-${routeReflectorClusterId}`;
  if (asNumber !== undefined) return `as-${asNumber}`;
  return `peers-of-${peers[0]?.address ?? 'nobody'}`;
}
