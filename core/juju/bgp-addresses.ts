import { parseAddress, parseNetwork } from '../config/address.ts';
import { isMap, listAt, textAt, textsAt } from '../facts/plain-data.ts';
import { nodeAddressText, parseNodeAddress } from '../facts/node-address.ts';
import type { NodeAddress } from '../facts/facts.ts';

/** Bridges and tunnels that other programs made: the calico charm passes over them too. */
const madeByOthers = /^(fan-|ftun|lxdbr|lxcbr|virbr|docker|cni|cali|tunl|vxlan\.|flannel)/;

/**
 * The unit's addresses at a binding, one per family and with the prefix length of their subnet. Of
 * several, that which Juju names first to others (ingress-addresses); else the first.
 * Source: juju's core/network/containerizer and its network-get: bind-addresses with interface and
 * addresses; 2.x spells the names without a dash, and an address as value, address, or both.
 *
 * @param printed by network-get --format json; whatever it is, what cannot be used is left out
 */
export function readBgpAddresses(printed: unknown): readonly string[] {
  const ingress = textsAt(printed, 'ingress-addresses').map(canonical);
  const rank = ({ address }: NodeAddress): number => {
    const place = ingress.indexOf(address);
    return place < 0 ? ingress.length : place;
  };
  const found = listAt(printed, 'bind-addresses').flatMap(addressesOf);
  return ([4, 6] as const).flatMap((family) => {
    const [best] = found
      .filter((one) => one.family === family)
      .toSorted((one, other) => rank(one) - rank(other));
    return best === undefined ? [] : [nodeAddressText(best)];
  });
}

function canonical(text: string): string {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value.address : text;
}

function addressesOf(binding: unknown): readonly NodeAddress[] {
  const name = textAt(binding, 'interface-name') ?? textAt(binding, 'interfacename') ?? '';
  if (madeByOthers.test(name)) return [];
  return listAt(binding, 'addresses').flatMap((one) => {
    if (!isMap(one)) return [];
    const value = textAt(one, 'value') ?? textAt(one, 'address') ?? '';
    const subnet = parseNetwork(textAt(one, 'cidr') ?? '');
    const withLength = subnet.ok ? `${value}/${subnet.value.network.prefixLength}` : value;
    const parsed = parseNodeAddress(withLength);
    return parsed.ok ? [parsed.value] : [];
  });
}
