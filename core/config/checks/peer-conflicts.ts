/**
 * One peer with two AS numbers (or two of another setting) on one node: which one Calico takes is undefined
 * [confd/pkg/backends/calico/bgp_processor.go], so it is an error where it is certain.
 */
import { describePlace, type Findings } from '../../findings.ts';
import type { NetworkModel, Peer } from '../model.ts';
import {
  differingSetting,
  sessionKey,
  settingNoun,
  settingText,
} from '../peer/session-settings.ts';
import { peerKey } from '../peer/neighbour.ts';
import { indexNetworks, type NetworkIndex } from './network-index.ts';
import { scopesOf, type Scope } from './scopes.ts';

interface Use {
  readonly peer: Peer;
  readonly scope: Scope;
}

const everyNode: Scope = { key: 'every node' };

export function checkPeerConflicts(
  { bgp, groups }: Pick<NetworkModel, 'bgp' | 'groups'>,
  findings: Findings,
): void {
  const uses = [
    ...bgp.peers.map((peer) => ({ peer, scope: everyNode })),
    ...groups.flatMap((group) =>
      scopesOf(group).flatMap((scope) => group.peers.map((peer) => ({ peer, scope }))),
    ),
  ];
  const sessions = grouped(uses, ({ peer }) => peerKey(peer));
  for (const same of sessions.values()) checkSession(same, findings);
}

/** Reports the later one of two different uses, once. */
function checkSession(uses: readonly Use[], findings: Findings): void {
  if (new Set(uses.map(({ peer }) => sessionKey(peer))).size < 2) return;
  const byScope = twoOfEach(uses);
  const networks = [...byScope.values()].flat().flatMap((use) => {
    return use.scope.network === undefined ? [] : [[use.scope.network, use] as const];
  });
  const subnets = indexNetworks(networks);
  const reported = new Set<Peer>();
  for (const use of uses) {
    const other = conflicting(use, byScope, subnets);
    if (other === undefined || reported.has(use.peer) || reported.has(other.peer)) continue;
    reported.add(use.peer);
    report(use, other, findings);
  }
}

function conflicting(
  { peer, scope }: Use,
  byScope: ReadonlyMap<string, readonly Use[]>,
  subnets: NetworkIndex<Use>,
): Use | undefined {
  const differs = (other: Use): boolean => differingSetting(other.peer, peer) !== undefined;
  const same = [...(byScope.get(everyNode.key) ?? []), ...(byScope.get(scope.key) ?? [])];
  const found = same.find(differs);
  if (found !== undefined || scope.network === undefined) return found;
  for (const other of subnets.around(scope.network)) if (differs(other)) return other;
  return undefined;
}

/** Keeps two different uses of each scope, because any third one differs from one of them. */
function twoOfEach(uses: readonly Use[]): ReadonlyMap<string, readonly Use[]> {
  const telling = new Map<string, Use[]>();
  for (const use of uses) {
    const known = telling.get(use.scope.key);
    if (known === undefined) telling.set(use.scope.key, [use]);
    else if (known.length === 1 && isOther(known[0], use)) known.push(use);
  }
  return telling;
}

function isOther(one: Use | undefined, other: Use): boolean {
  return one === undefined || differingSetting(one.peer, other.peer) !== undefined;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const same = groups.get(keyOf(item));
    if (same === undefined) groups.set(keyOf(item), [item]);
    else same.push(item);
  }
  return groups;
}

function report(use: Use, other: Use, findings: Findings): void {
  const { peer, scope } = use;
  const setting = differingSetting(peer, other.peer);
  if (setting === undefined) return;
  const noun = settingNoun(setting);
  const message = `peer ${peer.address} (${scope.key}) has ${noun} ${settingText(peer, setting)} here, and ${settingText(other.peer, setting)} ${describePlace(other.peer.place)} (${other.scope.key}): a node would get both`;
  const code = `peer-${noun.toLowerCase().replaceAll(' ', '-')}-conflict`;
  findings.error(peer.place, code, message, `a peer has one ${noun}`);
}
