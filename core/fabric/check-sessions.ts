/** Finds nodes without any BGP session, which learn no routes. */
import { hasPeers } from '../config/checks/mesh.ts';
import { issueAt } from '../findings.ts';
import type { NetworkModel } from '../config/model.ts';
import { onNode, type Issue } from '../issue.ts';
import type { FleetSessions } from './session-map.ts';
import type { Resolution } from '../resolve/resolution.ts';

export function checkSessions(
  model: NetworkModel,
  resolutions: readonly Resolution[],
  sessions: FleetSessions,
): readonly Issue[] {
  const isOff = model.bgp.nodeToNodeMesh?.value === false;
  // The parser has already reported that no node has a session.
  if (isOff && !hasPeers(model)) return [];
  return resolutions
    .filter((resolution) => !sessions.hasSession(resolution))
    .map((resolution) =>
      onNode(
        resolution.routeReflectorClusterId === undefined || isOff
          ? nodeWithoutSession(model, isOff)
          : reflectorWithoutPeers(resolution.routeReflectorClusterId),
        resolution.node,
      ),
    );
}

const hint = 'give it a peer, or make it the peer of another node';

function nodeWithoutSession({ bgp }: NetworkModel, isOff: boolean): Issue {
  const why = isOff ? 'the mesh is off' : 'no other node is left in the mesh';
  const message = `${why}, and the node has no peer and is nobody's peer: it learns no route, unless by a BGPPeer that is not in this configuration`;
  const place = bgp.nodeToNodeMesh?.place ?? { pointer: '' };
  return issueAt(place, 'warning', 'node-without-session', message, hint);
}

/**
 * Finds a reflector without peers: a cluster ID takes a node out of the mesh at once,
 * confd/pkg/backends/calico/bgp_processor.go.
 */
function reflectorWithoutPeers({
  reason,
}: NonNullable<Resolution['routeReflectorClusterId']>): Issue {
  const message =
    "the cluster ID takes the node out of the mesh, and it has no peer and is nobody's peer: it learns no route, unless by a BGPPeer that is not in this configuration";
  return issueAt(reason.place, 'warning', 'reflector-without-peers', message, hint);
}
