/** The groups of the document, in a stable order, with names and comments. */
import type { ClusterNodes } from './cluster-nodes.ts';
import type { GroupDraft } from '../draft.ts';
import { namedGroups } from './group-names.ts';
import { nodeGroups, nodeSettings, peerSettings } from './node-groups.ts';
import type { NodePeer } from './node-peers.ts';
import { labelSettings, nobodysGroups, selectorGroups } from './selector-groups.ts';
import { subnetComments } from './subnet-comment.ts';
import type { SurveyedPeer } from '../surveyed-peers.ts';

/** @param global the AS number of the BGPConfiguration */
export function draftGroups(
  nodes: ClusterNodes,
  peers: readonly SurveyedPeer[],
  ofNodes: readonly NodePeer[],
  global: number | undefined,
): readonly GroupDraft[] {
  const commentsOf = subnetComments(nodes);
  const labelled = labelSettings(peers, nodes);
  const settings = [...nodeSettings(nodes, global), ...labelled.filter(hasNodes)];
  const groups = [
    ...everyNodeSays(nodes, global),
    ...nodeGroups([...settings, ...peerSettings(ofNodes, settings)]),
    ...selectorGroups(peers),
    ...nobodysGroups(labelled.filter((one) => !hasNodes(one))),
  ];
  return namedGroups(groups).map((group) => {
    const { match, comments } = group;
    return 'nodes' in match
      ? { ...group, comments: commentsOf(match.nodes) }
      : { ...group, comments };
  });
}

function hasNodes({ names }: { readonly names: readonly string[] }): boolean {
  return names.length > 0;
}

/** A group for nodes that repeat the global number, where no other group shows that. */
function everyNodeSays({ all }: ClusterNodes, global: number | undefined): readonly GroupDraft[] {
  const own = all.flatMap(({ asNumber }) => asNumber ?? []);
  if (global === undefined || own.length === 0) return [];
  if (own.some((asNumber) => asNumber !== global)) return [];
  const comments = ['Each node says the AS number itself, and does not rely on bgp.asNumber.'];
  const match = { selector: 'all()' };
  return [{ name: 'every-node', comments, match, asNumber: global, peers: [] }];
}
