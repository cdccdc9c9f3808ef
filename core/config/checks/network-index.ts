/** Finds the networks of a set that lie around a network: by looking up each length that occurs. */
import { networkOf } from '../address.ts';
import type { Network } from '../model.ts';

export interface NetworkIndex<T> {
  /** Of the networks that are wider and hold it, the narrowest first. */
  around(network: Network): readonly T[];
}

export function indexNetworks<T>(items: Iterable<readonly [Network, T]>): NetworkIndex<T> {
  const byCidr = new Map<string, T[]>();
  const lengths = { 4: new Set<number>(), 6: new Set<number>() };
  for (const [network, item] of items) {
    lengths[network.family].add(network.prefixLength);
    const same = byCidr.get(network.cidr);
    if (same === undefined) byCidr.set(network.cidr, [item]);
    else same.push(item);
  }
  const narrowestFirst = {
    4: [...lengths[4]].sort((one, other) => other - one),
    6: [...lengths[6]].sort((one, other) => other - one),
  };
  return {
    around: (network) =>
      narrowestFirst[network.family]
        .filter((length) => length < network.prefixLength)
        .flatMap((length) => byCidr.get(networkOf(network, length).cidr) ?? []),
  };
}
