/** The effects of another address on a node. */
import type { Resolution } from './resolution.ts';

export interface AddressChange {
  /** `AS number 64601 → 64512`; empty: nothing changes. */
  readonly effects: readonly string[];
  /**
   * False if the node would lose its configuration: leave groups without joining others, get the
   * global AS number or none, lose all peers, or be no route reflector any more. Only a person may
   * decide that.
   */
  readonly mayHappen: boolean;
}

export function judgeAddressChange(before: Resolution, after: Resolution): AddressChange {
  const effects = [
    ...difference('AS number', before.asNumber?.value, after.asNumber?.value),
    ...difference(
      'cluster ID',
      before.routeReflectorClusterId?.value,
      after.routeReflectorClusterId?.value,
    ),
    ...lostPeers(before, after),
  ];
  const fallsBack =
    before.asNumber?.value !== after.asNumber?.value && isRuled(before) && !isRuled(after);
  const losesAllPeers = before.peers.length > 0 && after.peers.length === 0;
  const losesClusterId =
    before.routeReflectorClusterId !== undefined && after.routeReflectorClusterId === undefined;
  const fallsOut = effects.length > 0 && isLessThan(after.groups, before.groups);
  return { effects, mayHappen: !fallsBack && !losesAllPeers && !losesClusterId && !fallsOut };
}

function isLessThan(some: readonly string[], all: readonly string[]): boolean {
  return some.length < all.length && some.every((name) => all.includes(name));
}

function difference(
  what: string,
  before: number | string | undefined,
  after: number | string | undefined,
): readonly string[] {
  return before === after ? [] : [`${what} ${before ?? 'none'} → ${after ?? 'none'}`];
}

function lostPeers(before: Resolution, after: Resolution): readonly string[] {
  const kept = new Set(after.peers.map(({ address, port }) => `${address} ${port ?? ''}`));
  const lost = before.peers.filter(({ address, port }) => !kept.has(`${address} ${port ?? ''}`));
  if (lost.length === 0) return [];
  return [`${lost.length} of ${before.peers.length} peers would go`];
}

/** Whether a rule for this node or its subnet gives the AS number, and not the global value. */
function isRuled({ asNumber }: Resolution): boolean {
  return asNumber !== undefined && asNumber.reason.rule !== 'global';
}
