/** Doubts about this node's addresses, in words for people. */
import type { AddressVerdict } from '../../../core/facts/addresses/follow-address.ts';
import type { NodeAddress } from '../../../core/facts/facts.ts';
import { nodeAddressText } from '../../../core/facts/node-address.ts';
import type { AddressChange } from '../../../core/resolve/address-change.ts';

export interface AddressDoubt {
  /** One sentence, with a hint where a person has to act. */
  readonly why: string;
  /** Time until the next reading; absent: the agent reads again whenever something changes. */
  readonly readAgainMs?: number;
  /** Waiting does not help: a person has to act. */
  readonly needsPerson: boolean;
}

export type FamilyVerdict = AddressVerdict & { readonly family: 4 | 6 };

export interface DoubtContext {
  readonly node: string;
  /** Addresses that this machine has no more and Calico's Node still has. */
  readonly stillInCalico: readonly NodeAddress[];
}

/** Readings in between show a change of addresses that lasts only shortly. */
const readAgainMs = 15_000;

const sayIt = 'node.addresses in agent.yaml, then reload the agent';

export function doubtOf(
  verdicts: readonly FamilyVerdict[],
  change: AddressChange | undefined,
  { node, stillInCalico: stillCalicos }: DoubtContext,
): AddressDoubt | undefined {
  const gone = verdicts.flatMap((one) => (one.verdict === 'gone' ? [one.from] : []));
  if (gone.length > 0) {
    const why = `this node has no address: ${namesOf(gone)} is gone from its interfaces; what is in force stays`;
    return { why, readAgainMs: readAgainMs, needsPerson: false };
  }
  const stranger = verdicts.find((one) => one.verdict === 'stranger');
  if (stranger !== undefined) return strangerDoubt(stranger.calico, node);
  const settling = verdicts.filter((one) => one.verdict === 'settling');
  const leftMs = Math.max(0, ...settling.map((one) => one.leftMs));
  const effects = effectsText(change);
  if (leftMs > 0) {
    const seconds = String(Math.ceil(leftMs / 1000));
    const why = `${changeText(settling)}; it counts if it stays for another ${seconds} s${effects}`;
    return { why, readAgainMs: Math.min(leftMs, readAgainMs), needsPerson: false };
  }
  const changed = verdicts.filter((one) => one.verdict === 'changed');
  if (stillCalicos.length > 0) {
    const why = `${changeText(changed)}${effects}; Calico's Node "${node}" still has ${namesOf(stillCalicos)}, and what is in force stays until calico-node says the new one (it looks when it starts) or somebody says it in ${sayIt}`;
    return { why, readAgainMs: readAgainMs, needsPerson: false };
  }
  if (change === undefined || change.mayHappen) return undefined;
  const why = `${changeText(changed)}${effects}; what is in force stays: if the new address is right, say it in ${sayIt}`;
  return { why, readAgainMs: readAgainMs, needsPerson: true };
}

function strangerDoubt(calico: NodeAddress, node: string): AddressDoubt {
  const why = `Calico's Node "${node}" has the address ${nodeAddressText(calico)}, which no interface of this machine has: another machine may have this name; set node.name, or if it is right ${sayIt}`;
  return { why, readAgainMs: readAgainMs, needsPerson: true };
}

function changeText(
  verdicts: readonly Extract<FamilyVerdict, { readonly verdict: 'settling' | 'changed' }>[],
): string {
  const parts = verdicts.map(({ from, to }) => {
    const after = to === undefined ? 'none' : nodeAddressText(to);
    return from === undefined
      ? `only ${after} is there, an address without a subnet`
      : `${nodeAddressText(from)} → ${after}`;
  });
  return `this node's address changes: ${parts.join(', ')}`;
}

function effectsText(change: AddressChange | undefined): string {
  if (change === undefined || change.effects.length === 0) return '';
  return ` (with it ${change.effects.join(', ')})`;
}

/** "none" for an empty list. */
export function namesOf(addresses: readonly NodeAddress[]): string {
  return addresses.length === 0 ? 'none' : addresses.map(nodeAddressText).join(' and ');
}
