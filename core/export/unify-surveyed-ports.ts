import { bgpPort } from '../config/peer/neighbour.ts';
import { groupBy } from '../group-by.ts';
import type { Issue } from '../issue.ts';
import type { SurveyedPeer, SurveyedPeers } from './surveyed-peers.ts';
import { exportIssue, objectText } from './left-out/left-out.ts';

/**
 * In a document, port 179 of one peer counts for all peers with the same address. The export writes
 * it for all of them and warns that applying the document writes the port into BGPPeers without
 * one.
 */
export function unifyPorts(surveyed: readonly SurveyedPeer[]): SurveyedPeers {
  const withPort = groupBy(
    surveyed.filter(({ peer }) => peer.port === bgpPort),
    ({ peer }) => peer.address,
  );
  const issues: Issue[] = [];
  const peers = surveyed.map((one): SurveyedPeer => {
    const { peer, origin } = one;
    const [first] = withPort.get(peer.address) ?? [];
    if (peer.port !== undefined || first === undefined) return one;
    const message = `${peer.address} has no port in ${objectText(origin)}, and port ${bgpPort} in ${objectText(first.origin)}: the document says ${bgpPort} for both, and applying it writes the port into the first`;
    issues.push(exportIssue('warning', 'export-port-written', message));
    return { ...one, peer: { ...peer, port: bgpPort } };
  });
  return { peers, issues };
}
