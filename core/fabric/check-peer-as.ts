/** Finds peers that are nodes of the fleet and have another AS number than their peering. */
import { issueAt } from '../findings.ts';
import { onNode, type Issue } from '../issue.ts';
import { printable } from '../printable.ts';
import { describeReasons } from '../resolve/describe-reason.ts';
import type { FleetSessions } from './session-map.ts';
import type { Resolution, ResolvedPeer } from '../resolve/resolution.ts';

/** BGP closes such a session with "bad peer AS" (RFC 4271, section 6.2). Other peers are routers. */
export function checkPeerAs(
  resolutions: readonly Resolution[],
  { nodeAt }: FleetSessions,
): readonly Issue[] {
  return resolutions.flatMap(({ node, peers }) =>
    peers.flatMap((peer) => {
      const target = nodeAt.get(peer.address);
      return target === undefined
        ? []
        : differing(peer, target).map((issue) => onNode(issue, node));
    }),
  );
}

function differing(peer: ResolvedPeer, { node, asNumber }: Resolution): readonly Issue[] {
  if (asNumber === undefined || asNumber.value === peer.asNumber) return [];
  const from = describeReasons([asNumber.reason]);
  const message = `peer ${peer.address} has AS number ${peer.asNumber} here, but it is the node ${printable(node)}, which has ${asNumber.value} from ${from}: the session fails with "bad peer AS"`;
  const hint = 'give both the same AS number';
  const place = peer.reasons[0]?.place ?? { pointer: '' };
  return [issueAt(place, 'warning', 'peer-as-differs', message, hint)];
}
