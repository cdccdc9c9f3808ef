/** Addresses that somebody gave this node, and that no interface of its machine has. */
import type { Issue } from '../../issue.ts';
import type { NodeFactsInput } from '../../../schemas/generated/node-facts.ts';
import { parseNodeAddress } from '../node-address.ts';
import type { HostAddress } from './host-address.ts';

/**
 * A warning for each. They count all the same: an interface may come up later.
 * @param host empty: the interfaces could not be read, and nothing is known of them
 */
export function absentAddresses(
  { addresses = [] }: Pick<NodeFactsInput, 'addresses'>,
  host: readonly HostAddress[],
): readonly Issue[] {
  if (host.length === 0) return [];
  const there = new Set(host.map(({ address }) => address));
  return addresses.flatMap((text) => {
    const parsed = parseNodeAddress(text);
    return parsed.ok && !there.has(parsed.value.address) ? [absentAddress(text)] : [];
  });
}

function absentAddress(text: string): Issue {
  return {
    severity: 'warning',
    code: 'address-absent',
    pointer: '/node/addresses',
    message: `this node is to have the address ${text}, which is on no interface of this machine that is up`,
    hint: 'correct node.addresses in agent.yaml, or leave it out: the agent finds the addresses by itself',
  };
}
