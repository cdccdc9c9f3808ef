import { addressBits } from '../../config/net/address.ts';
import type { NodeAddress, NodeFacts } from '../../facts/facts.ts';
import type { NodeSettings } from '../../calico/node.ts';
import { groupLabelValue } from './node-commands.ts';

export interface NodeDocument {
  readonly document: object;
  readonly comments: readonly string[];
}

/** A whole Node in the form of calicoctl: libcalico-go/lib/apis/internalapi/node.go. */
export function nodeDocument(facts: NodeFacts, settings: NodeSettings): NodeDocument {
  const { asNumber, routeReflectorClusterID, groupLabels } = settings;
  const labels = {
    ...facts.labels,
    ...Object.fromEntries(groupLabels.map((label) => [label, groupLabelValue])),
  };
  const addresses = facts.addresses.map((address) => [
    address.family === 4 ? 'ipv4Address' : 'ipv6Address',
    interfaceText(address),
  ]);
  const bgp = {
    ...Object.fromEntries(addresses),
    ...(typeof asNumber === 'number' ? { asNumber } : {}),
    ...(typeof routeReflectorClusterID === 'string' ? { routeReflectorClusterID } : {}),
  };
  return {
    document: {
      apiVersion: 'projectcalico.org/v3',
      kind: 'Node',
      metadata: { name: facts.name, ...(Object.keys(labels).length === 0 ? {} : { labels }) },
      spec: Object.keys(bgp).length === 0 ? {} : { bgp },
    },
    comments: facts.addresses
      .filter(({ prefixLength }) => prefixLength === undefined)
      .map((address) => `prefix length not known, written as ${interfaceText(address)}`),
  };
}

function interfaceText({ address, family, prefixLength }: NodeAddress): string {
  return `${address}/${prefixLength ?? addressBits[family]}`;
}
