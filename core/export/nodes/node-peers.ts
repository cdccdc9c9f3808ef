/** The peers of named nodes: each peer once, with all nodes that have it. */
import { sessionKey } from '../../config/peer/session-settings.ts';
import { peerKey } from '../../config/peer/neighbour.ts';
import { groupBy } from '../../group-by.ts';
import type { ClusterNodes } from './cluster-nodes.ts';
import { gathered, type Origin, type PeerDraft } from '../draft.ts';
import type { SurveyedPeer } from '../surveyed-peers.ts';

export interface NodePeer {
  readonly peer: PeerDraft;
  readonly holders: ReadonlySet<string>;
  /** The holders with the node that is the peer itself, on which the peer has no effect. */
  readonly holdersOrSelf: ReadonlySet<string>;
}

export function nodePeers(
  surveyed: readonly SurveyedPeer[],
  nodes: ClusterNodes,
): readonly NodePeer[] {
  const found = new Map<string, Held>();
  for (const { peer, target } of surveyed) {
    if (target.kind !== 'nodes') continue;
    const known = found.get(sessionKey(peer)) ?? { peer, from: [], holders: new Set<string>() };
    found.set(sessionKey(peer), known);
    known.from.push(...peer.from);
    for (const name of target.names) known.holders.add(name);
  }
  const owners = new Map(
    nodes.all.flatMap(({ name, addresses }) => addresses.map(({ address }) => [address, name])),
  );
  const ownerOf = ({ peer }: Held): string | undefined => owners.get(peer.address);
  const ofThemselves = new Set(
    [...found.values()]
      .filter((held) => held.holders.has(ownerOf(held) ?? ''))
      .map(({ peer }) => peerKey(peer)),
  );
  const disputed = disputedPeers(surveyed);
  return [...found.values()].map((held) => {
    const { peer, from, holders } = held;
    const key = peerKey(peer);
    const owner = ofThemselves.has(key) || disputed.has(key) ? undefined : ownerOf(held);
    const holdersOrSelf = owner === undefined ? holders : new Set([...holders, owner]);
    return { peer: { ...peer, from }, holders, holdersOrSelf };
  });
}

/**
 * Peers with different settings on different nodes. If the peer's own node were added to each
 * group, the document would give that node two AS numbers for one neighbour, which is refused.
 */
function disputedPeers(surveyed: readonly SurveyedPeer[]): ReadonlySet<string> {
  const sameNeighbour = groupBy(surveyed, ({ peer }) => peerKey(peer));
  const isDisputed = (same: readonly SurveyedPeer[]): boolean =>
    new Set(same.map(({ peer }) => sessionKey(peer))).size > 1;
  return new Set([...sameNeighbour].flatMap(([key, same]) => (isDisputed(same) ? [key] : [])));
}

interface Held {
  readonly peer: PeerDraft;
  readonly from: Origin[];
  readonly holders: Set<string>;
}

export interface SplitPeers {
  readonly ofEveryNode: readonly PeerDraft[];
  readonly ofSomeNodes: readonly NodePeer[];
}

/** Exports a peer that all of several nodes have only once, for all nodes. */
export function splitPeers(peers: readonly NodePeer[], { all }: ClusterNodes): SplitPeers {
  const names = new Set([
    ...all.map(({ name }) => name),
    ...peers.flatMap(({ holders }) => [...holders]),
  ]);
  const isOfAll = ({ holdersOrSelf }: NodePeer): boolean =>
    names.size > 1 && holdersOrSelf.size === names.size;
  return {
    ofEveryNode: gathered(peers.filter(isOfAll).map(({ peer }) => peer)),
    ofSomeNodes: peers.filter((peer) => !isOfAll(peer)),
  };
}
