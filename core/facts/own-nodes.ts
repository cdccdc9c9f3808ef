/** Reads our own form of NODES: a list of facts, with places for all issues. */
import { recogniseDialect } from '../config/dialect.ts';
import { issueAt } from '../findings.ts';
import type { Located } from '../config/yaml/located.ts';
import { recogniseMixUp } from '../config/mix-ups/recognise.ts';
import { plainValue } from '../config/yaml/plain-value.ts';
import { schemaIssues } from '../config/schema/schema-issues.ts';
import type { Issue, Place } from '../issue.ts';
import { isNodeFacts } from '../../schemas/generated/node-facts.validator.js';
import { factsFromInput, type PlaceAt } from './from-input.ts';
import { listAt, textsAt } from '../input/plain-data.ts';
import type { FoundNodes } from './found-nodes.ts';

export const nodesHint =
  'give a list of nodes, - {name: node-0, units: [calico/0], addresses: [10.0.0.2/24], labels: {}}, ' +
  'or the output of kubectl get nodes -o json, calicoctl get nodes -o json or juju status --format json';

export function readOwnNodes(root: Located): FoundNodes {
  if (root.kind !== 'list') return { nodes: [], issues: [notAList(root)] };
  const readings = root.items.map(readOwnNode);
  return {
    nodes: readings.flatMap(({ nodes }) => nodes),
    issues: readings.flatMap(({ issues }) => issues),
  };
}

function readOwnNode(item: Located): FoundNodes {
  if (item.kind !== 'map') return { nodes: [], issues: [notAMapping(item.place)] };
  const at: PlaceAt = (...path) => placeAt(item, path);
  const input = plainValue(item);
  if (!isNodeFacts(input)) {
    const broken = schemaIssues(isNodeFacts.errors ?? [], item);
    return { nodes: [], issues: [...broken, ...addressIssues(input, at)] };
  }
  if (input.name === undefined) return { nodes: [], issues: [nameless(item.place)] };
  const { facts, issues } = factsFromInput(input, input.name, at);
  return { nodes: [{ facts, place: at('name') }], issues };
}

/** Issues of addresses of a node that has other faults, so that all are reported at once. */
function addressIssues(input: unknown, at: PlaceAt): readonly Issue[] {
  const addresses = textsAt(input, 'addresses');
  const areTexts = addresses.length === listAt(input, 'addresses').length;
  return areTexts ? factsFromInput({ addresses }, '', at).issues : [];
}

function placeAt(root: Located, path: readonly (string | number)[]): Place {
  const found = path.reduce<Located | undefined>((inner, token) => childOf(inner, token), root);
  return (found ?? root).place;
}

function childOf(parent: Located | undefined, token: string | number): Located | undefined {
  if (parent?.kind === 'list') return parent.items[Number(token)];
  if (parent?.kind !== 'map') return undefined;
  return parent.entries.find(({ key }) => key === token)?.value;
}

function notAList(root: Located): Issue {
  const { kind, place } = root;
  const recognised = recogniseDialect(root);
  if (recognised.dialect !== 'none') {
    return configForNodes(place);
  }
  const mixUp = kind === 'map' ? recogniseMixUp(root) : undefined;
  const found = kind === 'map' ? 'a mapping' : 'a single value';
  const message =
    mixUp === undefined ? `the nodes are ${found}, not a list` : `this is ${mixUp.what}`;
  return issueAt(place, 'error', 'nodes-not-a-list', message, nodesHint);
}

export function configForNodes(place: Place): Issue {
  const message = 'this is a network configuration, and not the nodes that it is for';
  return issueAt(place, 'error', 'not-nodes', message, `it is CONFIG; as NODES ${nodesHint}`);
}

function notAMapping(place: Place): Issue {
  return issueAt(place, 'error', 'wrong-type', 'a node is a mapping of its facts', nodesHint);
}

function nameless(place: Place): Issue {
  const hint = 'give it the name that the node has in the cluster: name: node-0';
  return issueAt(place, 'error', 'missing-name', 'this node has no name', hint);
}
