/** Route reflector cluster IDs. */
import { parseAddress } from '../net/address.ts';
import type { Findings } from '../../findings.ts';
import type { Located } from '../yaml/located.ts';
import type { Sourced } from '../model.ts';
import { scalarOf } from '../yaml/read-values.ts';

/**
 * An identifier in IPv4 form [libcalico-go/lib/apis/internalapi/node.go]. 0.0.0.0 is accepted,
 * because the charm's own documentation uses it, but to BIRD it means that none is set.
 */
export function readClusterId(
  node: Located | undefined,
  findings: Findings,
): Sourced<string> | undefined {
  const scalar = scalarOf(node);
  if (scalar === undefined) return undefined;
  const { source, place } = scalar;
  const address = parseAddress(source);
  if (!address.ok || address.value.family !== 4) {
    const shown = source.slice(0, 64);
    const message = `"${shown}" is not a cluster ID: it has the form of an IPv4 address`;
    findings.error(place, 'cluster-id-invalid', message, 'write it like 224.0.0.1');
    return undefined;
  }
  if (source === '0.0.0.0') {
    const message =
      'cluster ID 0.0.0.0 means "not set" to BIRD, which then takes the router ID: reflectors that are to share it do not';
    findings.warning(place, 'cluster-id-unset', message, 'take another one, such as 224.0.0.1');
  }
  return { value: source, place };
}
