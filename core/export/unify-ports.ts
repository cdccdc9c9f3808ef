import { bgpPort } from '../calico/neighbour.ts';
import { groupBy } from '../group-by.ts';
import type { Issue } from '../issue.ts';
import type { SurveyedPeer, SurveyedPeers } from './surveyed-peers.ts';
import { exportIssue, objectText } from './left-out/left-out.ts';

/**
 * In a document port 179, once said of an address, holds for all peers with that address. So it is
 * written out here too, and told: applied, it is written into the BGPPeers that do not have it.
 */
export function unifyPorts(surveyed: readonly SurveyedPeer[]): SurveyedPeers {
  const told = groupBy(
    surveyed.filter(({ peer }) => peer.port === bgpPort),
    ({ peer }) => peer.address,
  );
  const issues: Issue[] = [];
  const peers = surveyed.map((one): SurveyedPeer => {
    const { peer, origin } = one;
    const [first] = told.get(peer.address) ?? [];
    if (peer.port !== undefined || first === undefined) return one;
    const message = `${peer.address} has no port in ${objectText(origin)}, and port ${bgpPort} in ${objectText(first.origin)}: the document says ${bgpPort} for both, and applying it writes the port into the first`;
    issues.push(exportIssue('warning', 'export-port-written', message));
    return { ...one, peer: { ...peer, port: bgpPort } };
  });
  return { peers, issues };
}
