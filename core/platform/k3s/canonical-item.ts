import { parseAddress, parseNetwork } from '../../config/net/address.ts';

/** A network or address in one form, so that texts can be compared; other texts stay as they are. */
export function canonicalItem(text: string): string {
  const network = parseNetwork(text);
  if (network.ok) return network.value.network.cidr;
  const address = parseAddress(text);
  return address.ok ? address.value.address : text;
}
