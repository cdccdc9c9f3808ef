import { groupBy } from '../group-by.ts';
import { sessionKey } from '../config/peer/session-settings.ts';
import type { ClusterNodes } from './nodes/cluster-nodes.ts';
import { targetNames, type SurveyedPeer, type SurveyedPeers } from './surveyed-peers.ts';
import { exportIssue, objectText } from './left-out/left-out.ts';

/**
 * Leaves out peers of others that only repeat ours: they would change the exported groups, although
 * no node gets anything new from them.
 */
export function withoutRedundant(
  peers: readonly SurveyedPeer[],
  nodes: ClusterNodes,
): SurveyedPeers {
  const redundant = new Map<SurveyedPeer, SurveyedPeer>();
  for (const same of groupBy(peers, ({ peer }) => sessionKey(peer)).values()) {
    const [first, ...more] = same.filter(({ origin }) => origin.tie === 'marks');
    if (first === undefined || more.length + 1 === same.length) continue;
    const isGlobal = [first, ...more].some(({ target }) => target.kind === 'every node');
    const given = new Set([first, ...more].flatMap(({ target }) => targetNames(target, nodes)));
    for (const one of same) {
      if (one.origin.tie === 'marks') continue;
      if (one.target.kind === 'every node' && !isGlobal) continue;
      const names = targetNames(one.target, nodes);
      if (isGlobal || names.every((name) => given.has(name))) redundant.set(one, first);
    }
  }
  return {
    peers: peers.filter((one) => !redundant.has(one)),
    issues: [...redundant].map(([one, ours]) => {
      const message = `${objectText(one.origin)} gives no node what ${objectText(ours.origin)}, which is ours, and its like do not give: it is left out, and stays as it is`;
      return exportIssue(
        'note',
        'export-object-redundant',
        message,
        '`calico-agent adopt` shows what can go',
      );
    }),
  };
}
