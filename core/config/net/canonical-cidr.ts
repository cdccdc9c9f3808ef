import { parseNetwork } from './address.ts';

/** However it is spelled; what is no network stays as it is. */
export function canonicalCidr(cidr: string): string {
  const network = parseNetwork(cidr);
  return network.ok ? network.value.network.cidr : cidr;
}
