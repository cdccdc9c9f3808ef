/** The nodes that a group certainly chooses, as far as its text alone can tell. */
import { matchIdentity } from '../match-identity.ts';
import type { Group, Network } from '../model.ts';

/** Scopes with the same key have the same nodes; a subnet also covers the subnets within it. */
export interface Scope {
  readonly key: string;
  readonly network?: Network;
}

/**
 * One scope for each alternative. Selectors and combined conditions count as the same nodes only
 * with the same text.
 */
export function scopesOf({ match }: Group): readonly Scope[] {
  const kinds = Object.values(match).filter((kind) => kind !== undefined);
  if (kinds.length === 1) {
    if (match.subnets !== undefined) {
      return match.subnets.map(({ value }) => ({ key: `subnet ${value.cidr}`, network: value }));
    }
    if (match.units !== undefined)
      return match.units.map(({ value }) => ({ key: `unit ${value}` }));
    if (match.nodes !== undefined)
      return match.nodes.map(({ value }) => ({ key: `node ${value}` }));
  }
  return [{ key: `match ${matchIdentity(match)}` }];
}
