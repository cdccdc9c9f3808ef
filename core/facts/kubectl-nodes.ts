/**
 * Reads nodes from the output of `kubectl get nodes -o json`. Calico keeps its data about a node in
 * annotations of the core Node. Source: libcalico-go/lib/backend/k8s/resources/node.go
 */
import type { Issue } from '../issue.ts';
import { nameSome } from '../name-some.ts';
import type { NodeFacts } from './facts.ts';
import { labelsOf, oddLabels } from './labels.ts';
import { firstOfEachFamily } from './node-address.ts';
import { listAt, textAt, textMapAt } from '../input/plain-data.ts';
import { sourceLacks, type FoundNodes, type FoundNode } from './found-nodes.ts';
import { jsonBounds } from '../input/bounds.ts';
import { jsonValue } from '../input/parse-json.ts';

export function readKubectlNodes(items: readonly unknown[]): FoundNodes {
  const nodes = items.map(readNode);
  const untoldLengths = nodes
    .map(({ facts }) => facts)
    .filter(({ addresses }) => addresses.some(({ prefixLength }) => prefixLength === undefined));
  return { nodes, issues: [...notes(untoldLengths, nodes.length), ...oddLabels(items)] };
}

function readNode(item: unknown, index: number): FoundNode {
  const facts: NodeFacts = {
    name: textAt(item, 'metadata', 'name') ?? '',
    units: [],
    addresses: firstOfEachFamily([...calicoAddresses(item), ...internalAddresses(item)]),
    // If both have a label, that of Kubernetes counts, also for Calico.
    labels: { ...calicoLabels(item), ...labelsOf(item) },
  };
  return { facts, place: { pointer: `/items/${String(index)}` } };
}

/** The addresses that calico-node found and uses, with prefix lengths. */
function calicoAddresses(item: unknown): string[] {
  return ['projectcalico.org/IPv4Address', 'projectcalico.org/IPv6Address'].flatMap((name) => {
    const text = textAt(item, 'metadata', 'annotations', name);
    return text === undefined || text === '' ? [] : [text];
  });
}

function internalAddresses(item: unknown): string[] {
  return listAt(item, 'status', 'addresses').flatMap((entry) => {
    const address = textAt(entry, 'address');
    return textAt(entry, 'type') === 'InternalIP' && address !== undefined ? [address] : [];
  });
}

/** Labels that calicoctl set; Calico's selectors match them beside Kubernetes' own. */
function calicoLabels(item: unknown): Readonly<Record<string, string>> {
  const text = textAt(item, 'metadata', 'annotations', 'projectcalico.org/labels');
  if (text === undefined) return {};
  return textMapAt({ labels: jsonValue(text, jsonBounds.annotation) }, 'labels');
}

function notes(withoutLength: readonly NodeFacts[], count: number): readonly Issue[] {
  if (count === 0) return [];
  const units = sourceLacks('kubectl does not tell Juju units: rules by unit match no node');
  if (withoutLength.length === 0) return [units];
  const names = nameSome(withoutLength.map(({ name }) => name));
  return [
    units,
    sourceLacks(
      `kubectl does not tell the prefix lengths of ${names}, which have no annotation of calico-node: CrossSubnet is not checked for them`,
    ),
  ];
}
