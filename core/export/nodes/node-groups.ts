/** Groups of named nodes; settings for the same nodes come together. */
import { byNumbers, gathered, type GroupDraft, type PeerDraft } from '../draft.ts';
import type { ClusterNodes } from './cluster-nodes.ts';
import type { NodePeer } from './node-peers.ts';

/** One setting of some nodes. */
export interface NodeSetting {
  readonly names: readonly string[];
  readonly label?: string;
  readonly asNumber?: number;
  readonly routeReflectorClusterId?: string;
  readonly peers?: readonly PeerDraft[];
}

/**
 * The nodes' own AS numbers and cluster IDs.
 * @param global BGPConfiguration's AS number. As soon as a group has one, every node says its own,
 *   the global one too (core/resolve/node-as-number.ts): so nodes that say that need no group.
 */
export function nodeSettings(
  { all }: ClusterNodes,
  global: number | undefined,
): readonly NodeSetting[] {
  const numbers = new Map<number, string[]>();
  const ids = new Map<string, string[]>();
  for (const { name, asNumber, clusterId } of all) {
    if (asNumber !== undefined && asNumber !== global) add(numbers, asNumber, name);
    if (clusterId !== undefined) add(ids, clusterId, name);
  }
  return [
    ...[...numbers].map(([asNumber, names]) => ({ names, asNumber })),
    ...[...ids].map(([id, names]) => ({ names, routeReflectorClusterId: id })),
  ];
}

/**
 * The peers of named nodes. A peer has no effect on the node that is the peer itself, so this node
 * is added where the group is then the same as another one, as for a reflector in the rack of its
 * clients.
 */
export function peerSettings(
  peers: readonly NodePeer[],
  others: readonly NodeSetting[],
): readonly NodeSetting[] {
  const times = new Map<string, number>();
  const count = (names: readonly string[]): void => {
    times.set(keyOf(names), (times.get(keyOf(names)) ?? 0) + 1);
  };
  for (const { names } of others) count(names);
  const counted = peers.map(({ peer, holders, holdersOrSelf }) => {
    const wide = sorted(holdersOrSelf);
    count(wide);
    return { peer, wide, narrow: holders.size === holdersOrSelf.size ? wide : sorted(holders) };
  });
  return counted.map(({ peer, wide, narrow }) => ({
    names: (times.get(keyOf(wide)) ?? 0) > 1 ? wide : narrow,
    peers: [peer],
  }));
}

/** A group has one label, so a second one for the same nodes gets a group of its own. */
export function nodeGroups(settings: readonly NodeSetting[]): readonly GroupDraft[] {
  const groups = new Map<string, MergedGroup>();
  for (const { names, peers = [], ...values } of settings) {
    const key = keyOf(names);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { names, values, peers: [...peers] });
    else if (known.values.label !== undefined && values.label !== undefined) {
      groups.set(`${key} ${values.label}`, { names, values, peers: [...peers] });
    } else {
      groups.set(key, { names, values: { ...known.values, ...values }, peers: known.peers });
      known.peers.push(...peers);
    }
  }
  return [...groups.values()].sort(byNodes).map(({ names, values, peers }) => ({
    name: '',
    comments: [],
    match: { nodes: names },
    ...values,
    peers: gathered(peers),
  }));
}

interface MergedGroup {
  readonly names: readonly string[];
  readonly values: Omit<NodeSetting, 'names' | 'peers'>;
  readonly peers: PeerDraft[];
}

/** Sorts groups by their first nodes, the larger group first. */
function byNodes(one: MergedGroup, other: MergedGroup): number {
  return (
    byNumbers(one.names[0] ?? '', other.names[0] ?? '') ||
    other.names.length - one.names.length ||
    byNumbers(one.values.label ?? '', other.values.label ?? '')
  );
}

function keyOf(names: readonly string[]): string {
  return JSON.stringify(names);
}

function sorted(names: ReadonlySet<string>): readonly string[] {
  return [...names].sort(byNumbers);
}

function add<T>(lists: Map<T, string[]>, key: T, name: string): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [name]);
  else known.push(name);
}
