/** For which nodes a group's settings certainly hold, as far as its text alone can tell. */
import { matchIdentity } from '../match-identity.ts';
import type { Group, Network } from '../model.ts';

/** Two scopes with one key are the same nodes; a subnet also covers the subnets within it. */
export interface Scope {
  readonly key: string;
  readonly network?: Network;
}

/** One for each alternative. Selectors and several kinds of conditions are the same nodes only in the same words. */
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
