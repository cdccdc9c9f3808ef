/** The options per unit and per subnet → groups: one for each unit and each network. */
import type { Place } from '../../issue.ts';
import { describePlace, type Findings } from '../../findings.ts';
import type { Located, LocatedEntry } from '../yaml/located.ts';
import type { Group, Match, Network, Peer, Sourced } from '../model.ts';
import { plainValue } from '../yaml/plain-value.ts';
import { entriesOf } from '../yaml/read-values.ts';
import { readClusterId } from '../values/cluster-id.ts';
import { readAsNumber, readPeers } from '../peer/read-peers.ts';
import { readSubnet } from '../values/subnet.ts';
import { readUnit } from '../values/unit.ts';

interface Draft {
  readonly name: string;
  readonly title: string;
  readonly match: Match;
  readonly place: Place;
  asNumber?: Sourced<number>;
  routeReflectorClusterId?: Sourced<string>;
  peers: readonly Peer[];
}

export function readCharmGroups(
  options: ReadonlyMap<string, Located>,
  application: string,
  findings: Findings,
): Group[] {
  const drafts = new Map<string, Draft>();
  const each = (
    option: string,
    keyOf: KeyReader,
    set: (draft: Draft, value: Located) => void,
  ): void => {
    for (const { key, entry } of distinctEntries(options.get(option), keyOf, findings)) {
      const draft = drafts.get(key.name) ?? { ...key, place: entry.keyPlace, peers: [] };
      drafts.set(key.name, draft);
      set(draft, entry.value);
    }
  };
  const setAsNumber = (draft: Draft, value: Located): void => {
    const asNumber = readAsNumber(value, findings);
    if (asNumber !== undefined) draft.asNumber = asNumber;
  };
  const setPeers = (draft: Draft, value: Located): void => {
    draft.peers = readPeers(value, 'as-number', findings);
  };
  const unit: KeyReader = (key) => unitKey(readUnit(key, application, 'own', findings), key);
  const subnet: KeyReader = (key) => subnetKey(readSubnet(key, findings));

  each('unit-as-numbers', unit, setAsNumber);
  each('unit-bgp-peers', unit, setPeers);
  each('route-reflector-cluster-ids', unit, (draft, value) => {
    const id = readClusterId(value, findings);
    if (id !== undefined) draft.routeReflectorClusterId = id;
  });
  each('subnet-as-numbers', subnet, setAsNumber);
  each('subnet-bgp-peers', subnet, setPeers);
  return [...drafts.values()].filter(setsSomething);
}

type Key = Pick<Draft, 'name' | 'title' | 'match'>;
type KeyReader = (key: Sourced<string>) => Key | undefined;

function unitKey(unit: Sourced<string> | undefined, written: Sourced<string>): Key | undefined {
  if (unit === undefined) return undefined;
  return { name: `unit ${unit.value}`, title: `unit ${written.value}`, match: { units: [unit] } };
}

function subnetKey(subnet: Sourced<Network> | undefined): Key | undefined {
  if (subnet === undefined) return undefined;
  const name = `subnet ${subnet.value.cidr}`;
  return { name, title: name, match: { subnets: [subnet] } };
}

function setsSomething({ asNumber, routeReflectorClusterId, peers }: Draft): boolean {
  return asNumber !== undefined || routeReflectorClusterId !== undefined || peers.length > 0;
}

/**
 * Merges entries that mean the same: 10.0.0.5/24 and 10.0.0.0/24 are one network, 0 and calico/0
 * one unit.
 */
function distinctEntries(
  option: Located | undefined,
  keyOf: KeyReader,
  findings: Findings,
): { readonly key: Key; readonly entry: LocatedEntry }[] {
  const known = new Map<string, LocatedEntry>();
  return entriesOf(option).flatMap((entry) => {
    const key = keyOf({ value: entry.key, place: entry.keyPlace });
    if (key === undefined) return [];
    const before = known.get(key.name);
    if (before === undefined) {
      known.set(key.name, entry);
      return [{ key, entry }];
    }
    reportTwice(key, before, entry, findings);
    return [];
  });
}

function reportTwice(
  { name }: Key,
  before: LocatedEntry,
  { key, keyPlace, value }: LocatedEntry,
  findings: Findings,
): void {
  const isSame = JSON.stringify(plainValue(value)) === JSON.stringify(plainValue(before.value));
  const code = name.startsWith('unit') ? 'unit-duplicate' : 'subnet-duplicate';
  const other = `"${before.key}" ${describePlace(before.keyPlace)}`;
  if (isSame) {
    const message = `"${key}" is the same ${name} as ${other}`;
    findings.warning(keyPlace, code, message, 'take one of them away');
  } else {
    const message = `"${key}" is the same ${name} as ${other}, and says something else`;
    findings.error(keyPlace, code, message, 'keep one of them');
  }
}
