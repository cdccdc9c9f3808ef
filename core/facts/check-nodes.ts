/** Checks of nodes, for all forms of input. */
import { describePlace, issueAt } from '../findings.ts';
import type { Issue, Place } from '../issue.ts';
import { nameSome } from '../name-some.ts';
import { isNodeName } from './node-name.ts';
import type { FoundNode } from './found-nodes.ts';

export function checkNodes(nodes: readonly FoundNode[]): readonly Issue[] {
  return [...badNames(nodes), ...sameNames(nodes)];
}

/** Warnings about parts that cannot be checked with these nodes, for nodes without errors. */
export function nodeWarnings(nodes: readonly FoundNode[]): readonly Issue[] {
  return nodes.length === 0 ? [noNodes] : withoutAddress(nodes);
}

const noNodes: Issue = {
  severity: 'warning',
  code: 'no-nodes',
  pointer: '',
  message: 'there are no nodes in this input: nothing is checked against them',
};

function badNames(nodes: readonly FoundNode[]): Issue[] {
  return nodes.flatMap(({ facts: { name }, place }) => {
    if (isNodeName(name)) return [];
    return name === ''
      ? [issueAt(place, 'error', 'missing-name', 'this node has no name')]
      : [issueAt(place, 'error', 'bad-name', `"${shown(name)}" cannot be a node's name`, nameHint)];
  });
}

const nameHint = 'letters, digits, "-", "_" and "." are allowed, at most 253';

function sameNames(nodes: readonly FoundNode[]): Issue[] {
  const first = new Map<string, Place>();
  return nodes.flatMap(({ facts: { name }, place }) => {
    const other = first.get(name);
    if (name === '' || other === undefined) {
      first.set(name, place);
      return [];
    }
    const message = `a second node "${shown(name)}": already ${describePlace(other)}`;
    return [issueAt(place, 'error', 'duplicate-name', message, 'keep one of them')];
  });
}

function withoutAddress(nodes: readonly FoundNode[]): Issue[] {
  const bare = nodes.filter(({ facts }) => facts.addresses.length === 0);
  const [first] = bare;
  if (first === undefined) return [];
  const names = nameSome(bare.map(({ facts }) => facts.name));
  const message = `no BGP address is known of ${names}: rules by subnet match nothing there`;
  return [issueAt(first.place, 'note', 'node-without-address', message)];
}

function shown(name: string): string {
  const text = JSON.stringify(name.slice(0, 80)).slice(1, -1);
  return name.length > 80 ? `${text}…` : text;
}
