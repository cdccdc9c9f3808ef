/** The AS numbers that a configuration names, for whichever node. */
import type { NetworkModel } from './model.ts';

export interface AsNumbers {
  /** The number of all nodes without one of their own. Absent: not managed, so it stays. */
  readonly cluster?: number;
  /** The numbers of single nodes. Absent: not managed. */
  readonly nodes?: readonly number[];
  readonly peers: readonly number[];
}

export function asNumbersOf({ bgp, groups, managesNode }: NetworkModel): AsNumbers {
  const cluster = bgp.asNumber?.value;
  const nodes = groups.flatMap(({ asNumber }) => asNumber?.value ?? []);
  const peers = [bgp, ...groups].flatMap((one) => one.peers.map(({ asNumber }) => asNumber));
  return {
    ...(cluster !== undefined && { cluster }),
    ...(managesNode.asNumber && { nodes: [...new Set(nodes)] }),
    peers: [...new Set(peers)],
  };
}

/** The AS numbers of a configuration that the next one does not use any more. */
export function removedAsNumbers(before: AsNumbers, after: AsNumbers): ReadonlySet<number> {
  const { cluster = before.cluster, nodes = before.nodes ?? [], peers } = after;
  const left = new Set([cluster, ...nodes, ...peers]);
  const all = [before.cluster, ...(before.nodes ?? []), ...before.peers];
  return new Set(all.flatMap((one) => (one === undefined || left.has(one) ? [] : [one])));
}

export function sameAsNumbers(one: AsNumbers, other: AsNumbers): boolean {
  return removedAsNumbers(one, other).size === 0 && removedAsNumbers(other, one).size === 0;
}
