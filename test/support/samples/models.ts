/** Models and nodes from the text of a person, for tests that are not about parsing. */
import { parseConfig } from '../../../core/config/parse.ts';
import type { NetworkModel } from '../../../core/config/model.ts';
import { parseNodes } from '../../../core/facts/parse-nodes.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Resolution } from '../../../core/resolve/resolution.ts';
import { resolveNode } from '../../../core/resolve/resolve-node.ts';
import { compileRules } from '../../../core/resolve/rules.ts';

/** Charm options, or the text below the head of a native document. */
export function charm(options: object | string): NetworkModel {
  return parsed(typeof options === 'string' ? options : JSON.stringify(options));
}

export function native(sections: object): NetworkModel {
  const head = { apiVersion: 'calico-agent/v1', kind: 'NetworkConfig' };
  return parsed(JSON.stringify({ ...head, ...sections }));
}

function parsed(text: string): NetworkModel {
  const result = parseConfig(text);
  if (!result.ok) throw new Error(JSON.stringify(result.issues, null, 1));
  return result.model;
}

export function nodesOf(list: readonly object[]): readonly NodeFacts[] {
  const result = parseNodes(JSON.stringify(list));
  if (!result.ok) throw new Error(JSON.stringify(result.issues, null, 1));
  return result.nodes;
}

export function node(facts: object = {}): NodeFacts {
  const [first] = nodesOf([{ name: 'node-0', addresses: ['10.0.0.2/24'], ...facts }]);
  if (first === undefined) throw new Error('no node');
  return first;
}

export function resolveAll(
  model: NetworkModel,
  nodes: readonly NodeFacts[],
): readonly Resolution[] {
  const rules = compileRules(model);
  return nodes.map((facts) => resolveNode(rules, facts));
}
