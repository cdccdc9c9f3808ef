/** Subnets that choose nodes, and the networks of services. */
import { addressBits, networkOf, parseAddress, parseNetwork } from '../net/address.ts';
import type { Findings } from '../../findings.ts';
import type { Network, Sourced } from '../model.ts';

/** Host bits are cleared with a warning: nodes are compared with the network. */
export function readSubnet(
  text: Sourced<string>,
  findings: Findings,
): Sourced<Network> | undefined {
  const { place } = text;
  const parsed = parseNetwork(text.value);
  if (!parsed.ok) {
    findings.error(place, 'subnet-invalid', parsed.message, parsed.hint);
    return undefined;
  }
  const { network, hostBits } = parsed.value;
  if (hostBits) {
    const message = `"${text.value}" has host bits set: it is taken as ${network.cidr}`;
    findings.warning(place, 'subnet-host-bits', message, `write ${network.cidr}`);
  }
  return { value: network, place };
}

/**
 * Reads a network of services to advertise; a bare address is a network of one address. Calico
 * refuses host bits here [libcalico-go/lib/validator/v3/validator.go validateIPNetwork].
 * @param separatorHint what to do about a text with commas or the like
 */
export function readServiceNetwork(
  text: Sourced<string>,
  findings: Findings,
  separatorHint?: string,
): Sourced<Network> | undefined {
  const { place } = text;
  const address = parseAddress(text.value);
  if (address.ok) {
    const { family } = address.value;
    return { value: networkOf(address.value, addressBits[family]), place };
  }
  const parsed = parseNetwork(text.value);
  if (!parsed.ok) {
    const hint = /[,;|]/.test(text.value) ? separatorHint : undefined;
    findings.error(place, 'service-cidr-invalid', parsed.message, hint ?? parsed.hint);
    return undefined;
  }
  const { network, hostBits } = parsed.value;
  if (!hostBits) return { value: network, place };
  const message = `"${text.value}" has host bits set, which Calico refuses`;
  findings.error(place, 'service-cidr-host-bits', message, `write ${network.cidr}`);
  return undefined;
}
