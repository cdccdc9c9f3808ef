import type { NodeFacts } from '../facts/facts.ts';
import { onNode } from './on-node.ts';
import { asNumberQuestion, clusterIdQuestion, decide } from './decide.ts';
import { matchRules } from './match-rules.ts';
import type { Resolution } from './resolution.ts';
import { resolvePeers } from './resolve-peers.ts';
import type { Rules } from './rules.ts';

/** NetworkConfig + facts → what this node is. A tie leaves the value out, and is an error. */
export function resolveNode(rules: Rules, facts: NodeFacts): Resolution {
  const matched = matchRules(rules, facts);
  const asNumber = decide(asNumberQuestion, matched, rules.bgp.asNumber);
  const clusterId = decide(clusterIdQuestion, matched);
  const { peers, issues } = resolvePeers(rules, matched, facts);
  const all = [...asNumber.issues, ...clusterId.issues, ...issues];
  return {
    node: facts.name,
    groups: matched.map(({ group }) => group.name),
    ...(asNumber.decided === undefined ? {} : { asNumber: asNumber.decided }),
    ...(clusterId.decided === undefined ? {} : { routeReflectorClusterId: clusterId.decided }),
    peers,
    issues: all.map((issue) => onNode(issue, facts.name)),
  };
}
