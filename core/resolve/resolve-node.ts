import type { NodeFacts } from '../facts/facts.ts';
import { issueAt } from '../findings.ts';
import { onNode, type Issue } from '../issue.ts';
import { asNumberQuestion, clusterIdQuestion, decide } from './strongest-rule.ts';
import { matchRules } from './match-rules.ts';
import { resolvePeers } from './resolve-peers.ts';
import { addressUnknown, nodeWithoutPeers, type Resolution } from './resolution.ts';
import type { Rules } from './rules.ts';

/**
 * NetworkConfig + facts → the resolution of this node. A tie is an error, and leaves the value out.
 */
export function resolveNode(rules: Rules, facts: NodeFacts): Resolution {
  const matched = matchRules(rules, facts);
  const asNumber = decide(asNumberQuestion, matched, rules.bgp.asNumber);
  const clusterId = decide(clusterIdQuestion, matched);
  const { peers, issues } = resolvePeers(rules, matched, facts);
  const all = [
    ...asNumber.issues,
    ...clusterId.issues,
    ...issues,
    ...unknownAddress(rules, facts),
    ...withoutPeers(rules, peers.length),
  ];
  return {
    node: facts.name,
    groups: matched.map(({ group }) => group.name),
    ...(asNumber.decided === undefined ? {} : { asNumber: asNumber.decided }),
    ...(clusterId.decided === undefined ? {} : { routeReflectorClusterId: clusterId.decided }),
    peers,
    issues: all.map((issue) => onNode(issue, facts.name)),
  };
}

/** An issue for a node without an address, for which the rules by subnet are not known. */
function unknownAddress({ hasSubnets }: Rules, { addresses }: NodeFacts): readonly Issue[] {
  if (addresses.length > 0 || !hasSubnets) return [];
  const message = 'no address of this node is known: rules by subnet match nothing';
  return [issueAt({ pointer: '' }, 'warning', addressUnknown, message)];
}

/**
 * An issue for a node without peers. It is only the view of this node: another one may have it as a
 * peer, which Calico then mirrors.
 */
function withoutPeers({ bgp }: Rules, peers: number): readonly Issue[] {
  if (bgp.nodeToNodeMesh?.value !== false || peers > 0) return [];
  const message = 'the mesh is off and this node has no peer: it has no BGP session of its own';
  const hint = 'give it a peer, or leave the mesh on';
  return [issueAt(bgp.nodeToNodeMesh.place, 'warning', nodeWithoutPeers, message, hint)];
}
