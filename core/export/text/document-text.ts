/** Draft → the text of the document, without its head. */
import type { BgpDraft, Draft, GroupDraft, PeerDraft, PoolDraft, Scalar } from '../draft.ts';
import { sessionSettings } from '../../config/peer/session-settings.ts';
import { printable } from '../../printable.ts';
import { yamlList, yamlMap, yamlScalar } from './yaml-words.ts';

export function documentText({ bgp, pools, groups }: Draft): string {
  const lines = [
    'apiVersion: calico-agent/v1',
    'kind: NetworkConfig',
    ...section('bgp:', bgpLines(bgp)),
    ...section('pools:', pools.flatMap(poolLines)),
    ...(pools.length === 0 ? [] : ['unknownPools: keep']),
    ...section('groups:', groups.flatMap(groupLines)),
  ];
  return `${lines.join('\n')}\n`;
}

function section(head: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [head, ...lines];
}

function bgpLines(bgp: BgpDraft): readonly string[] {
  const settings = Object.entries(bgp.settings);
  return [
    ...settings.flatMap(([key, value]) => (isList(value) ? [] : scalarLine(key, value, 1))),
    ...(bgp.peering === undefined ? [] : scalarLine('peering', bgp.peering, 1)),
    ...settings.flatMap(([key, value]) => (isList(value) ? yamlList(key, value, 1) : [])),
    ...(bgp.peering === undefined || bgp.peers.length === 0 ? [] : [everyNodeComment]),
    ...peersLines(bgp.peers, 1),
  ];
}

const everyNodeComment = '  # Every node has these, in its own BGPPeers.';

function poolLines({ name, fields }: PoolDraft): readonly string[] {
  const all = [['name', name], ...Object.entries(fields)] as const;
  return all.map(([key, value], index) => {
    return `${index === 0 ? '  - ' : '    '}${key}: ${yamlScalar(value)}`;
  });
}

function groupLines(group: GroupDraft): readonly string[] {
  return [
    ...group.comments.map((comment) => `  # ${printable(comment)}`),
    `  - name: ${yamlScalar(group.name)}`,
    ...matchLines(group.match),
    ...scalarLines(group, ['label', 'asNumber', 'routeReflectorClusterId'], 2),
    ...peersLines(group.peers, 2),
  ];
}

function matchLines(match: GroupDraft['match']): readonly string[] {
  if ('selector' in match) return [`    match: ${yamlMap([['selector', match.selector]])}`];
  const [first = '', ...others] = yamlList('nodes', match.nodes, 3);
  return others.length === 0 && first.length < maxWidth
    ? [`    match: { ${first.trim()} }`]
    : ['    match:', first, ...others];
}

const maxWidth = 90;

function scalarLines<K extends string>(
  values: Readonly<Partial<Record<K, Scalar>>>,
  keys: readonly K[],
  level: number,
): readonly string[] {
  return keys.flatMap((key) => {
    const value = values[key];
    return value === undefined ? [] : scalarLine(key, value, level);
  });
}

function scalarLine(key: string, value: Scalar, level: number): readonly string[] {
  return [`${'  '.repeat(level)}${key}: ${yamlScalar(value)}`];
}

function isList(value: Scalar | readonly Scalar[]): value is readonly Scalar[] {
  return typeof value === 'object';
}

function peersLines(peers: readonly PeerDraft[], level: number): readonly string[] {
  const start = '  '.repeat(level);
  if (peers.length === 0) return [];
  const lines = peers.map(({ address, port, ...others }) => {
    const settings = Object.entries(sessionSettings(others));
    return `${start}  - ${yamlMap([['address', address], ['port', port], ...settings])}`;
  });
  return [`${start}peers:`, ...lines];
}
