/**
 * Leaves out BGPPeers that give one node a neighbour with two AS numbers, which no NetworkConfig
 * may do.
 */
import { groupBy } from '../group-by.ts';
import type { Issue } from '../issue.ts';
import { peerKey } from '../config/peer/neighbour.ts';
import { byText } from '../by-text.ts';
import type { ClusterNodes } from './nodes/cluster-nodes.ts';
import { targetNames, type SurveyedPeer, type SurveyedPeers } from './surveyed-peers.ts';
import { leftOut, objectText } from './left-out/left-out.ts';

/**
 * A global peer wins over the others of its neighbour. Otherwise it is not defined which one Calico
 * takes (confd/pkg/backends/calico/bgp_processor.go), and none of them is exported.
 */
export function withoutConflicts(
  peers: readonly SurveyedPeer[],
  nodes: ClusterNodes,
): SurveyedPeers {
  const rivals = new Map<SurveyedPeer, SurveyedPeer>();
  for (const same of groupBy(peers, ({ peer }) => peerKey(peer)).values()) {
    if (new Set(same.map(({ peer }) => peer.asNumber)).size < 2) continue;
    const global = same.filter(({ target }) => target.kind === 'every node');
    if (global.length > 0) findRivals(same, global, rivals);
    else {
      const pairs = same.flatMap((one) =>
        targetNames(one.target, nodes).map((name) => ({ name, one })),
      );
      for (const ofNode of groupBy(pairs, ({ name }) => name).values()) {
        const together = ofNode.map(({ one }) => one);
        findRivals(together, together, rivals);
      }
    }
  }
  const issues = [...rivals].map(([one, rival]) => conflict(one, rival));
  return {
    peers: peers.filter((one) => !rivals.has(one)),
    issues: issues.sort((one, other) => byText(one.message, other.message)),
  };
}

function findRivals(
  peers: readonly SurveyedPeer[],
  among: readonly SurveyedPeer[],
  rivals: Map<SurveyedPeer, SurveyedPeer>,
): void {
  for (const one of peers) {
    const rival = among.find(({ peer }) => peer.asNumber !== one.peer.asNumber);
    if (rival !== undefined) rivals.set(one, rival);
  }
}

function conflict({ origin, peer }: SurveyedPeer, rival: SurveyedPeer): Issue {
  const why = `gives ${peer.address} the AS number ${peer.asNumber}, and ${objectText(rival.origin)} gives it ${rival.peer.asNumber} on the same node`;
  return leftOut(origin, why, 'of two AS numbers for one neighbour delete one');
}
