/**
 * Finds BGPPeers outside of the configuration that give a node sessions, as far as this node can
 * know.
 */
import type { NodeFacts } from '../facts/facts.ts';
import { byText } from '../by-text.ts';
import { parsePeerIp } from '../calico/neighbour.ts';
import type { Observed } from './observed.ts';
import type { BGPPeer } from '../calico/resource.ts';

/**
 * Names of BGPPeers of others that select the node, or whose peer is the node: Calico mirrors them
 * (confd/pkg/backends/calico/bgp_processor.go). A selector counts as matching, because not all of
 * the node's labels in the datastore are known here.
 */
export function sessionsByOthers(
  { resources, taken = [] }: Observed,
  facts: NodeFacts,
): readonly string[] {
  const peers = resources.flatMap(({ resource, owner }) => {
    if (resource.kind !== 'BGPPeer') return [];
    const isForeign = owner === undefined && maySelect(resource, facts);
    return isForeign || isAtNode(resource, facts) ? [resource.metadata.name] : [];
  });
  // For objects that cannot be read, such as one with a peerSelector, only the name is known.
  const unread = taken.flatMap(({ kind, name }) => (kind === 'BGPPeer' ? [name] : []));
  return [...new Set([...peers, ...unread])].toSorted(byText);
}

function maySelect({ spec }: BGPPeer, { name }: NodeFacts): boolean {
  return spec.node === undefined || spec.node === '' || spec.node === name;
}

function isAtNode({ spec }: BGPPeer, { name, addresses }: NodeFacts): boolean {
  const { address: peer } = parsePeerIp(spec.peerIP);
  return spec.node !== name && addresses.some(({ address }) => address === peer);
}
