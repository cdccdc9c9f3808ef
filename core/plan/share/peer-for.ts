/** Which BGPPeers are for a node. */
import type { BGPPeer } from '../../calico/resource.ts';
import type { ObservedResource } from '../../observe/observed.ts';
import { groupLabelPrefix } from '../../render/group-labels.ts';

/** The BGPPeer where it is, or may be, for the node. */
export function peerFor(
  { resource }: ObservedResource,
  node: string,
  labels: ReadonlyMap<string, readonly string[]>,
): readonly BGPPeer[] {
  if (resource.kind !== 'BGPPeer') return [];
  const { node: named = '', nodeSelector = '' } = resource.spec;
  if (named !== '') return named === node ? [resource] : [];
  const label = groupLabelOf(resource);
  const isFor = nodeSelector === '' || label === undefined || labels.get(node)?.includes(label);
  return isFor === true ? [resource] : [];
}

/** The label of ours by which the BGPPeer chooses its nodes; undefined: it does not. */
export function groupLabelOf({ spec }: BGPPeer): string | undefined {
  const [, label] = /^has\((\S+)\)$/.exec(spec.nodeSelector ?? '') ?? [];
  return label?.startsWith(groupLabelPrefix) === true ? label : undefined;
}
