import type { NodeFacts } from '../../../core/facts/facts.ts';
import { nodeAddressText } from '../../../core/facts/node-address.ts';
import { printable } from '../../../core/printable.ts';
import { findSimilarNode } from '../../../core/survey/similar-node.ts';
import type { ClusterSurvey } from '../../ports/datastore/cluster-survey.ts';

/** Explains why Calico has no Node of this agent's name, by comparing it with the other Nodes. */
export async function explainMissingNode(survey: ClusterSurvey, facts: NodeFacts): Promise<string> {
  const what = `Calico has no Node "${printable(facts.name)}"`;
  const nodes = await survey.survey().then(
    (found) => found.nodes,
    () => [],
  );
  const similar = findSimilarNode(nodes, facts);
  if (similar === undefined) {
    return `${what} yet; calico-node makes it when it starts, under the name that the cluster has for this machine (node.name in agent.yaml, where it is another one)`;
  }
  const addresses = similar.addresses.map(nodeAddressText).join(', ');
  const where = addresses === '' ? '' : ` (${addresses})`;
  return `${what}; did you mean ${printable(similar.name)}${where}? set node.name in agent.yaml`;
}
