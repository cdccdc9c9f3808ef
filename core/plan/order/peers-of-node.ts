/** Whether a node has BGP neighbours that the plan's BGPPeers name: among them may be routers. */
import { groupLabelPrefix } from '../../render/group-labels.ts';
import type { Desired } from '../../render/desired.ts';
import type { Observed } from '../../observe/observed.ts';
import type { BGPPeerSpec } from '../../calico/bgp-peer.ts';

export interface PeersOfNodes {
  /** Before or after the change. Also true where nobody can tell which nodes a BGPPeer selects. */
  has(node: string): boolean;
  /** Some node may have one. */
  readonly hasAny: boolean;
}

export function peersOfNodes(
  desired: Pick<Desired, 'resources' | 'nodes'>,
  observed: Pick<Observed, 'resources' | 'nodes'>,
): PeersOfNodes {
  const peers = [...desired.resources, ...observed.resources].flatMap(({ resource }) =>
    resource.kind === 'BGPPeer' ? [resource.spec] : [],
  );
  return {
    hasAny: peers.length > 0,
    has: (node) => {
      const labels = [...desired.nodes, ...observed.nodes].flatMap(({ name, settings }) =>
        name === node ? settings.groupLabels : [],
      );
      return peers.some((spec) => maySelect(spec, node, labels));
    },
  };
}

function maySelect(
  { node: named, nodeSelector = '' }: BGPPeerSpec,
  node: string,
  labels: readonly string[],
): boolean {
  if (named !== undefined && named !== '') return named === node;
  const [, label] = /^has\((\S+)\)$/.exec(nodeSelector) ?? [];
  return label?.startsWith(groupLabelPrefix) === true ? labels.includes(label) : true;
}
