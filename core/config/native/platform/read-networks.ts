/** Networks and addresses with at most one per family: a text, or a list. */
import type { Findings } from '../../../findings.ts';
import { parseAddress, parseNetwork } from '../../net/address.ts';
import type { Family, Network, Sourced } from '../../model.ts';
import type { Located } from '../../yaml/located.ts';
import { itemsOf, textOf } from '../../yaml/read-values.ts';

export function readNetworks(
  node: Located | undefined,
  findings: Findings,
): Sourced<readonly Sourced<Network>[]> | undefined {
  return readEach(node, findings, (text) => {
    const parsed = parseNetwork(text.value);
    if (!parsed.ok) {
      findings.error(text.place, 'platform-cidr-invalid', parsed.message, parsed.hint);
      return undefined;
    }
    const { network, hostBits } = parsed.value;
    if (!hostBits) return { value: network, family: network.family };
    const message = `"${text.value}" has host bits set`;
    findings.error(text.place, 'platform-cidr-invalid', message, `write ${network.cidr}`);
    return undefined;
  });
}

export function readAddresses(
  node: Located | undefined,
  findings: Findings,
): Sourced<readonly Sourced<string>[]> | undefined {
  return readEach(node, findings, (text) => {
    const parsed = parseAddress(text.value);
    if (parsed.ok) return { value: parsed.value.address, family: parsed.value.family };
    findings.error(text.place, 'platform-address-invalid', parsed.message, parsed.hint);
    return undefined;
  });
}

interface OfFamily<T> {
  readonly value: T;
  readonly family: Family;
}

function readEach<T>(
  node: Located | undefined,
  findings: Findings,
  read: (text: Sourced<string>) => OfFamily<T> | undefined,
): Sourced<readonly Sourced<T>[]> | undefined {
  if (node === undefined) return undefined;
  const families = new Set<Family>();
  const items = node.kind === 'list' ? itemsOf(node) : [node];
  const value = items.flatMap((item): Sourced<T>[] => {
    const text = textOf(item);
    const one = text && read(text);
    if (text === undefined || one === undefined) return [];
    if (families.has(one.family)) {
      const message = `there are two of IPv${String(one.family)}: one per family is possible`;
      findings.error(text.place, 'platform-family-twice', message);
    }
    families.add(one.family);
    return [{ value: one.value, place: text.place }];
  });
  return { value, place: node.place };
}
