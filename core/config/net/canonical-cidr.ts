import { parseNetwork } from './address.ts';

/** The canonical spelling of a network; any other text stays as it is. */
export function canonicalCidr(cidr: string): string {
  const network = parseNetwork(cidr);
  return network.ok ? network.value.network.cidr : cidr;
}
