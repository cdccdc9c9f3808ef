/** Finds the networks of a set that hold a given network, with one look-up per prefix length. */
import { bytesOf } from '../net/address.ts';
import type { Network } from '../model.ts';

export interface NetworkIndex<T> {
  /**
   * The wider networks that hold it, the narrowest first. Each is looked up only when it is taken.
   */
  around(network: Network): Iterable<T>;
}

export function indexNetworks<T>(items: Iterable<readonly [Network, T]>): NetworkIndex<T> {
  const byBits = new Map<string, T[]>();
  const lengths = { 4: new Set<number>(), 6: new Set<number>() };
  for (const [network, item] of items) {
    lengths[network.family].add(network.prefixLength);
    const key = keyOf(bytesOf(network.address), network.prefixLength);
    const same = byBits.get(key);
    if (same === undefined) byBits.set(key, [item]);
    else same.push(item);
  }
  const narrowestFirst = {
    4: [...lengths[4]].sort((one, other) => other - one),
    6: [...lengths[6]].sort((one, other) => other - one),
  };
  return {
    *around({ address, family, prefixLength }) {
      const bytes = bytesOf(address);
      for (const length of narrowestFirst[family]) {
        if (length < prefixLength) yield* byBits.get(keyOf(bytes, length)) ?? [];
      }
    },
  };
}

/** The bytes of the prefix and its length. An address as text would cost a hundred times as much. */
function keyOf(bytes: readonly number[], length: number): string {
  let key = `${String(bytes.length)}/${String(length)} `;
  for (let index = 0; index * 8 < length; index += 1) {
    const kept = Math.min(8, length - index * 8);
    key += String.fromCharCode((bytes[index] ?? 0) & (0xff00 >> kept));
  }
  return key;
}
