/** The network of an IP pool. */
import { addressBits, kindOf, parseNetwork } from '../net/address.ts';
import type { Findings } from '../../findings.ts';
import type { Network, Sourced } from '../model.ts';

/**
 * Calico takes pools only strictly masked and not link-local
 * [libcalico-go/lib/validator/v3/validator.go validateIPPoolSpec, api/…/v3/ippool.go].
 */
export function readPoolNetwork(text: Sourced<string>, findings: Findings): Network | undefined {
  const { place, value } = text;
  const parsed = parseNetwork(value);
  if (!parsed.ok) {
    findings.error(place, 'pool-cidr-invalid', parsed.message, parsed.hint);
    return undefined;
  }
  const { network, hostBits } = parsed.value;
  if (hostBits) {
    const message = `"${value}" has host bits set, which Calico refuses in a pool`;
    findings.error(place, 'pool-cidr-host-bits', message, `write ${network.cidr}`);
    return undefined;
  }
  const kind = network.prefixLength === 0 ? 'whole' : kindOf(network);
  if (kind !== 'host' && kind !== 'unspecified') {
    const what = kind === 'whole' ? 'every address there is' : `${kind} addresses`;
    findings.error(place, 'pool-cidr-unusable', `"${value}" cannot be a pool: it holds ${what}`);
    return undefined;
  }
  return network;
}

export const defaultBlockSize = { 4: 26, 6: 122 } as const;
export const blockSizes = { 4: [20, 32], 6: [116, addressBits[6]] } as const;
