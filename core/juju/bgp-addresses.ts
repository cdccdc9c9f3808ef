import { parseAddress, parseNetwork } from '../config/net/address.ts';
import { isMadeByOthers, isSingle } from '../facts/addresses/host-address.ts';
import { isMap, listAt, textAt, textsAt } from '../input/plain-data.ts';
import { nodeAddressText, parseNodeAddress } from '../facts/node-address.ts';
import type { NodeAddress } from '../facts/facts.ts';

/**
 * The unit's addresses at a binding, with the prefix length of their subnet, best first: IPv4
 * before IPv6, an address with a subnet before a virtual one (keepalived's and kube-vip's are among
 * them), then as Juju names them to others (ingress-addresses). Juju does not know which one is the
 * node's own: core/facts/addresses chooses. Source: juju's core/network/containerizer and its
 * network-get: bind-addresses with interface and addresses; 2.x spells the names without a dash,
 * and an address as value, address, or both.
 *
 * @param printed the output of network-get --format json; parts that cannot be used are left out
 */
export function readBgpAddresses(printed: unknown): readonly string[] {
  const ingress = textsAt(printed, 'ingress-addresses').map(canonical);
  const rank = (one: NodeAddress): number => {
    const place = ingress.indexOf(one.address);
    const told = place < 0 ? ingress.length : place;
    return one.family * 1e6 + (isSingle(one) ? 1e5 : 0) + told;
  };
  const found = listAt(printed, 'bind-addresses')
    .flatMap(addressesOf)
    .toSorted((one, other) => rank(one) - rank(other))
    .map(nodeAddressText);
  return [...new Set(found)].slice(0, maxAddresses);
}

/** A bound; a machine of a cluster has only a few. */
const maxAddresses = 64;

function canonical(text: string): string {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value.address : text;
}

function addressesOf(binding: unknown): readonly NodeAddress[] {
  const name = textAt(binding, 'interface-name') ?? textAt(binding, 'interfacename') ?? '';
  if (isMadeByOthers(name)) return [];
  return listAt(binding, 'addresses').flatMap((one) => {
    if (!isMap(one)) return [];
    const value = textAt(one, 'value') ?? textAt(one, 'address') ?? '';
    const subnet = parseNetwork(textAt(one, 'cidr') ?? '');
    const withLength = subnet.ok ? `${value}/${subnet.value.network.prefixLength}` : value;
    const parsed = parseNodeAddress(withLength);
    return parsed.ok ? [parsed.value] : [];
  });
}
