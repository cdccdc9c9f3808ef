/**
 * Labels that choose the nodes of BGPPeers: each set of groups of some peer gets a label, and every
 * node that matches one of the groups carries it. Sets, labels and peers follow from the model
 * alone, so the agents need not know of each other.
 */
import { sessionKey } from '../config/peer/session-settings.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { byText } from '../by-text.ts';
import { matchIdentity } from '../config/match-identity.ts';
import type { Group, NetworkModel, Peer } from '../config/model.ts';
import type { Reason, Resolution } from '../resolve/resolution.ts';

export const groupLabelPrefix = 'calico-agent/group.';
const hashLength = 12;

/** A peer of the model, once, with all rules that ask for it. */
interface AskedPeer {
  readonly peer: Peer;
  readonly reasons: readonly Reason[];
  /** The nodes that have it; `every node`: the global list names it. */
  readonly nodes: 'every node' | { readonly hash: string; readonly label: string };
}

export interface GroupLabel {
  readonly label: string;
  /** The groups for which the node carries it. */
  readonly reasons: readonly Reason[];
}

export interface GroupLabels {
  readonly peers: readonly AskedPeer[];
  /** Sorted by label. */
  ofNode(resolution: Resolution): readonly GroupLabel[];
}

export function groupLabels(model: NetworkModel): GroupLabels {
  const labelsByGroup = new Map<string, Set<string>>();
  const reserved = new Set(model.groups.flatMap(({ label }) => label?.value ?? []));
  const peers = [...askedPeers(model).values()].map(({ peer, isGlobal, reasons, groups }) => {
    if (isGlobal) return { peer, reasons, nodes: 'every node' } as const;
    const hash = hashOf(groups, reserved);
    const label = groupLabelPrefix + hash;
    for (const { name } of groups) {
      labelsByGroup.set(name, (labelsByGroup.get(name) ?? new Set()).add(label));
    }
    return { peer, reasons, nodes: { hash, label } };
  });
  const groupsByName = new Map(model.groups.map((group) => [group.name, group]));
  return {
    peers,
    ofNode: ({ groups }) => {
      const reasons = new Map<string, Reason[]>();
      for (const name of groups) {
        const group = groupsByName.get(name);
        for (const label of labelsByGroup.get(name) ?? []) {
          const known = reasons.get(label) ?? [];
          reasons.set(label, known);
          if (group !== undefined) known.push({ rule: group.title, place: group.place });
        }
      }
      return [...reasons]
        .map(([label, why]) => ({ label, reasons: why }))
        .sort((one, other) => byText(one.label, other.label));
    },
  };
}

interface Asked {
  readonly peer: Peer;
  readonly isGlobal: boolean;
  readonly reasons: Reason[];
  readonly groups: Set<Group>;
}

function askedPeers({ bgp, groups }: NetworkModel): ReadonlyMap<string, Asked> {
  const asked = new Map<string, Asked>();
  const ask = (peer: Peer, rule: string, group?: Group): void => {
    const key = sessionKey(peer);
    const known = asked.get(key) ?? {
      peer,
      isGlobal: group === undefined,
      reasons: [],
      groups: new Set(),
    };
    asked.set(key, known);
    known.reasons.push({ rule, place: peer.place });
    if (group !== undefined) known.groups.add(group);
  };
  for (const peer of bgp.peers) ask(peer, 'global');
  for (const group of groups) for (const peer of group.peers) ask(peer, group.title, group);
  return asked;
}

/**
 * A hash of the groups' matches, and not of their names or order, so that renaming a group changes
 * nothing. A label that a group sets itself is kept, and stands only for this group's nodes.
 */
function hashOf(groups: ReadonlySet<Group>, reserved: ReadonlySet<string>): string {
  const [first, ...others] = groups;
  if (first?.label !== undefined && others.length === 0) return first.label.value;
  const identities = [...new Set([...groups].map(identityOf))].sort(byText);
  const hash = shortHash(JSON.stringify(identities));
  return reserved.has(hash) ? shortHash(hash) : hash;
}

function identityOf({ label, match }: Group): string {
  return label?.value ?? matchIdentity(match);
}

function shortHash(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, hashLength);
}
