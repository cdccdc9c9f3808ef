/** A model's rules, indexed once, so that a fleet of nodes resolves in linear time. */
import { compareAddresses } from '../config/net/address.ts';
import type { Bgp, Group, NetworkModel, Peer } from '../config/model.ts';
import { byText } from '../by-text.ts';
import { sessionKey } from '../config/peer/session-settings.ts';
import { comparePorts } from '../config/peer/neighbour.ts';
import { prefixTable, type PrefixTable } from './prefix-table.ts';
import type { ResolvedPeer } from './resolution.ts';

export interface Rule {
  readonly group: Group;
  /** Its position in the model; matching rules are listed in this order. */
  readonly order: number;
  /** The number of kinds among subnets, units and nodes that it has; all must hit. */
  readonly indexedKinds: number;
}

export interface Rules {
  readonly bgp: Bgp;
  readonly byUnit: ReadonlyMap<string, ReadonlySet<Rule>>;
  readonly byNode: ReadonlyMap<string, ReadonlySet<Rule>>;
  readonly bySubnet: PrefixTable<Rule>;
  readonly hasSubnets: boolean;
  /** Rules with only a selector, which has to be tried on every node. */
  readonly bySelectorOnly: readonly Rule[];
  /** The peers of all nodes. */
  readonly globalPeers: readonly AskedPeer[];
  readonly peersOf: ReadonlyMap<Group, readonly AskedPeer[]>;
}

/** A peer of one rule. It is made once, and not for every node that has it. */
export interface AskedPeer {
  readonly peer: Peer;
  /** Equal peers have the same number; its order is that of address, port, AS number. */
  readonly number: number;
  readonly resolved: ResolvedPeer;
}

export function compileRules({ bgp, groups }: NetworkModel): Rules {
  const rules = groups.map((group, order): Rule => ({
    group,
    order,
    indexedKinds: kindsOf(group),
  }));
  const numbers = numberPeers([bgp, ...groups].flatMap(({ peers }) => peers));
  return {
    bgp,
    byUnit: index(rules, ({ match }) => match.units ?? []),
    byNode: index(rules, ({ match }) => match.nodes ?? []),
    bySubnet: prefixTable(
      rules.flatMap((rule) =>
        (rule.group.match.subnets ?? []).map(({ value }) => ({ network: value, value: rule })),
      ),
    ),
    hasSubnets: groups.some(({ match }) => match.subnets !== undefined),
    bySelectorOnly: rules.filter(
      ({ group, indexedKinds }) => indexedKinds === 0 && group.match.selector !== undefined,
    ),
    globalPeers: askedPeers(bgp.peers, 'global', numbers),
    peersOf: new Map(
      groups.map((group) => [group, askedPeers(group.peers, group.title, numbers)] as const),
    ),
  };
}

function askedPeers(
  peers: readonly Peer[],
  rule: string,
  numbers: ReadonlyMap<Peer, number>,
): readonly AskedPeer[] {
  return peers.map((peer) => {
    const { place, ...settings } = peer;
    const resolved = { ...settings, reasons: [{ rule, place }] };
    return { peer, number: numbers.get(peer) ?? -1, resolved };
  });
}

function kindsOf({ match }: Group): number {
  return [match.subnets, match.units, match.nodes].filter((kind) => kind !== undefined).length;
}

function index(
  rules: readonly Rule[],
  namesOf: (group: Group) => readonly { readonly value: string }[],
): ReadonlyMap<string, ReadonlySet<Rule>> {
  const found = new Map<string, Set<Rule>>();
  for (const rule of rules) {
    for (const { value } of namesOf(rule.group)) {
      const known = found.get(value);
      if (known === undefined) found.set(value, new Set([rule]));
      else known.add(rule);
    }
  }
  return found;
}

function numberPeers(peers: readonly Peer[]): ReadonlyMap<Peer, number> {
  const kinds = new Map<string, Peer[]>();
  for (const peer of peers) {
    const key = sessionKey(peer);
    const known = kinds.get(key);
    if (known === undefined) kinds.set(key, [peer]);
    else known.push(peer);
  }
  const sorted = [...kinds.values()].sort(([one], [other]) =>
    one === undefined || other === undefined ? 0 : comparePeers(one, other),
  );
  return new Map(sorted.flatMap((same, number) => same.map((peer) => [peer, number] as const)));
}

function comparePeers(one: Peer, other: Peer): number {
  return (
    compareAddresses(one, other) ||
    comparePorts(one, other) ||
    one.asNumber - other.asNumber ||
    byText(sessionKey(one), sessionKey(other))
  );
}
