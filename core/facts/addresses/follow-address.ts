/**
 * Follows a node's address over time: another one counts only when it stays. Addresses come and go
 * while a machine starts, a DHCP lease is renewed or a virtual address moves, and the node's AS
 * number and peers would change with them.
 */
import { nodeAddressText } from '../node-address.ts';
import type { NodeAddress } from '../facts.ts';
import type { KnownAddress, Preferred } from './prefer-address.ts';

/** An observation, and since when it has been the same, by a monotonic clock. */
export interface Watched {
  readonly text: string;
  readonly sinceMs: number;
}

export interface AddressLook {
  readonly known?: KnownAddress;
  readonly preferred: Preferred;
  /** The other family has an address, so this one may have ended for good. */
  readonly hasOtherFamily: boolean;
  readonly nowMs: number;
  /** How long another address must stay. */
  readonly settleMs: number;
}

export type AddressVerdict =
  /** The same address; absent: the node has none of this family, and never had one. */
  | { readonly verdict: 'same'; readonly address?: KnownAddress }
  /** The first address. */
  | { readonly verdict: 'first'; readonly address: KnownAddress }
  /** Another address, which does not count yet. Absent `to`: there is no address. */
  | {
      readonly verdict: 'settling';
      readonly from?: KnownAddress;
      readonly to?: KnownAddress;
      readonly leftMs: number;
    }
  /**
   * The other address stayed long enough. Absent `to`: the node has no address of this family any
   * more.
   */
  | { readonly verdict: 'changed'; readonly from?: KnownAddress; readonly to?: KnownAddress }
  /** There is no address of any family, so the node cannot be identified. */
  | { readonly verdict: 'gone'; readonly from: KnownAddress }
  | { readonly verdict: 'stranger'; readonly calico: NodeAddress };

export interface Followed {
  readonly verdict: AddressVerdict;
  /** Handed in at the next reading; absent: nothing is being watched. */
  readonly watched?: Watched;
}

export function followAddress(watched: Watched | undefined, look: AddressLook): Followed {
  const { known, preferred, hasOtherFamily } = look;
  if (preferred.found === 'stranger') {
    return { verdict: { verdict: 'stranger', calico: preferred.calico } };
  }
  if (preferred.found === 'none') {
    if (known === undefined) return { verdict: { verdict: 'same' } };
    if (!hasOtherFamily) return { verdict: { verdict: 'gone', from: known } };
    return judgeWatched(watched, look, undefined);
  }
  const { address, isCertain } = preferred;
  if (known === undefined) {
    return isCertain
      ? { verdict: { verdict: 'first', address } }
      : judgeWatched(watched, look, address);
  }
  return isSame(known, address)
    ? { verdict: { verdict: 'same', address } }
    : judgeWatched(watched, look, address);
}

/** Two readings apart in time, and all readings between them, have to be the same. */
function judgeWatched(
  watched: Watched | undefined,
  { known, nowMs, settleMs }: AddressLook,
  to: KnownAddress | undefined,
): Followed {
  const text = to === undefined ? '' : nodeAddressText(to);
  const sinceMs = watched?.text === text ? watched.sinceMs : nowMs;
  const leftMs = sinceMs + settleMs - nowMs;
  const ends = { ...(known && { from: known }), ...(to && { to }) };
  // Kept also after the time is over, so that a refused change is not watched from the start again.
  const now = { text, sinceMs };
  if (leftMs > 0) return { verdict: { verdict: 'settling', ...ends, leftMs }, watched: now };
  return { verdict: { verdict: 'changed', ...ends }, watched: now };
}

function isSame(one: NodeAddress, other: NodeAddress): boolean {
  return nodeAddressText(one) === nodeAddressText(other);
}
