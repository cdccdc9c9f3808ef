/**
 * Reads nodes from the output of `calicoctl get nodes -o yaml`. Source:
 * libcalico-go/lib/apis/internalapi/node.go
 */
import type { Issue } from '../issue.ts';
import { nameSome } from '../name-some.ts';
import type { NodeFacts } from './facts.ts';
import { labelsOf, oddLabels } from './labels.ts';
import { firstOfEachFamily } from './node-address.ts';
import { listAt, textAt } from '../input/plain-data.ts';
import { sourceLacks, type FoundNodes } from './found-nodes.ts';

export function readCalicoctlNodes(items: readonly unknown[]): FoundNodes {
  const nodes = items.map((item, index) => ({
    facts: readFacts(item),
    place: { pointer: `/items/${String(index)}` },
  }));
  return { nodes, issues: nodes.length === 0 ? [] : [...notes(items), ...oddLabels(items)] };
}

function readFacts(item: unknown): NodeFacts {
  return {
    name: textAt(item, 'metadata', 'name') ?? '',
    units: [],
    addresses: firstOfEachFamily([...bgpAddresses(item), ...otherAddresses(item)]),
    labels: labelsOf(item),
  };
}

function bgpAddresses(item: unknown): string[] {
  return ['ipv4Address', 'ipv6Address'].flatMap((field) => {
    const text = textAt(item, 'spec', 'bgp', field);
    return text === undefined || text === '' ? [] : [text];
  });
}

/** If BGP is off (VXLAN), only these fields have the node's own addresses. */
function otherAddresses(item: unknown): string[] {
  const entries = listAt(item, 'spec', 'addresses');
  return ['CalicoNodeIP', 'InternalIP'].flatMap((type) =>
    entries.flatMap((entry) => {
      const address = textAt(entry, 'address');
      return textAt(entry, 'type') === type && address !== undefined ? [address] : [];
    }),
  );
}

function notes(items: readonly unknown[]): readonly Issue[] {
  const units = sourceLacks('calicoctl does not tell Juju units: rules by unit match no node');
  const renamed = items.flatMap((item) => {
    const name = textAt(item, 'metadata', 'name') ?? '';
    const other = kubernetesName(item);
    return other === undefined || other === name ? [] : [`${name} (${other})`];
  });
  if (renamed.length === 0) return [units];
  return [
    units,
    {
      severity: 'note',
      code: 'other-name-in-kubernetes',
      pointer: '/items',
      message: `nodes have another name in Kubernetes: ${nameSome(renamed)}; Calico's is used`,
      hint: 'use calicoctl and not kubectl to apply the changes of these nodes',
    },
  ];
}

function kubernetesName(item: unknown): string | undefined {
  const reference = listAt(item, 'spec', 'orchRefs').find(
    (entry) => textAt(entry, 'orchestrator') === 'k8s',
  );
  return textAt(reference, 'nodeName');
}
