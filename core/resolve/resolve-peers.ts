import {
  differingSetting,
  settingNoun,
  settingText,
  type SessionSetting,
} from '../config/peer/session-settings.ts';
import { describePlace, issueAt } from '../findings.ts';
import type { Family } from '../config/model.ts';
import { bgpPort, peerKey } from '../config/peer/neighbour.ts';
import type { NodeFacts } from '../facts/facts.ts';
import type { Issue } from '../issue.ts';
import { printable } from '../printable.ts';
import type { MatchedRule } from './match-rules.ts';
import type { ResolvedPeer } from './resolution.ts';
import type { AskedPeer, Rules } from './rules.ts';

export interface ResolvedPeers {
  readonly peers: readonly ResolvedPeer[];
  readonly issues: readonly Issue[];
}

/**
 * The peers of all matching rules together; a peer from several rules is one with several reasons.
 */
export function resolvePeers(
  rules: Rules,
  matched: readonly MatchedRule[],
  facts: NodeFacts,
): ResolvedPeers {
  const asked = askedPeers(rules, matched);
  const self = new Set(facts.addresses.map(({ address }) => address));
  const others = asked.filter(({ peer }) => !self.has(peer.address));
  return {
    peers: others.map(({ resolved }) => resolved),
    issues: [
      ...asked
        .filter(({ peer }) => self.has(peer.address))
        .map((one) => isSelf(one, rules.bgp.listenPort?.value)),
      ...others.flatMap((one, index) => differingSettings(one, others[index - 1])),
      ...withoutFamily(others, facts),
    ],
  };
}

/** Sorted by address, port and AS number. */
function askedPeers(rules: Rules, matched: readonly MatchedRule[]): readonly AskedPeer[] {
  const asked = new Map<number, AskedPeer>();
  const ask = (peers: readonly AskedPeer[]): void => {
    for (const one of peers) {
      const known = asked.get(one.number);
      asked.set(one.number, known === undefined ? one : alsoAskedBy(known, one));
    }
  };
  ask(rules.globalPeers);
  for (const { group } of matched) ask(rules.peersOf.get(group) ?? []);
  return [...asked.values()].sort((one, other) => one.number - other.number);
}

function alsoAskedBy(known: AskedPeer, { resolved }: AskedPeer): AskedPeer {
  const reasons = [...known.resolved.reasons, ...resolved.reasons];
  return { ...known, resolved: { ...known.resolved, reasons } };
}

/**
 * Whether the peer is the node itself, which Calico skips with any port:
 * confd/pkg/backends/calico/bgp_processor.go. Another port than the node's own shows that another
 * BGP speaker on the machine is meant.
 */
function isSelf({ peer, resolved }: AskedPeer, listenPort: number = bgpPort): Issue {
  const rules = [...new Set(resolved.reasons.map(({ rule }) => printable(rule)))].join(', ');
  if (peer.port === undefined || peer.port === listenPort) {
    const message = `peer ${peer.address} (${rules}) is the node itself and is left out`;
    return issueAt(peer.place, 'note', 'peer-is-self', message);
  }
  const message = `peer ${peer.address} with port ${peer.port} (${rules}) is an address of the node itself: Calico makes no session with it, whatever the port`;
  const hint = 'give the other BGP speaker of this machine an address of its own';
  return issueAt(peer.place, 'warning', 'peer-on-own-address', message, hint);
}

/**
 * An error for two different peers with one neighbour: it is not defined which one Calico takes
 * (bgp_processor.go).
 */
function differingSettings(one: AskedPeer, before: AskedPeer | undefined): readonly Issue[] {
  if (before === undefined || peerKey(before.peer) !== peerKey(one.peer)) return [];
  const setting = differingSetting(before.peer, one.peer);
  if (setting === undefined) return [];
  const noun = settingNoun(setting);
  const message = `peer ${one.peer.address} has two ${noun}s: ${says(before, setting)}, and ${says(one, setting)}`;
  const hint = `a router has one ${noun} towards a node: make the rules say the same`;
  const code = `peer-two-${noun.toLowerCase().replaceAll(' ', '-')}s`;
  return [issueAt(one.peer.place, 'error', code, message, hint)];
}

function says({ peer, resolved }: AskedPeer, setting: SessionSetting): string {
  const [reason] = resolved.reasons;
  const rule = printable(reason?.rule ?? 'global');
  return `${rule} (${describePlace(peer.place)}) says ${settingText(peer, setting)}`;
}

const named = 5;

/** The readers of facts warn about a node without any known address. */
function withoutFamily(asked: readonly AskedPeer[], { addresses }: NodeFacts): readonly Issue[] {
  if (addresses.length === 0) return [];
  return ([4, 6] satisfies Family[]).flatMap((family) => {
    if (addresses.some((address) => address.family === family)) return [];
    const peers = asked.filter(({ peer }) => peer.family === family).map(({ peer }) => peer);
    const [first] = peers;
    if (first === undefined) return [];
    const shown = peers.slice(0, named).map(({ address }) => address);
    const more = peers.length > named ? ` and ${peers.length - named} more` : '';
    const message = `there is no session to ${shown.join(', ')}${more}: the node has no IPv${family} address`;
    const hint = `give the node an IPv${family} address, or the peers only to nodes that have one`;
    return [issueAt(first.place, 'warning', 'peer-without-family', message, hint)];
  });
}
