/** Warns of given addresses that no interface of this node's machine has. */
import type { Issue } from '../../issue.ts';
import type { NodeFactsInput } from '../../../schemas/generated/node-facts.ts';
import { parseNodeAddress } from '../node-address.ts';
import type { HostAddress } from './host-address.ts';

/**
 * One warning for each. The addresses count nevertheless, because an interface may come up later.
 * @param host the host's addresses; empty: they could not be read
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
