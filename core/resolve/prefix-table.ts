/**
 * Values by network, found by address with one look-up per prefix length. A trie would need three
 * million nodes for 25,000 IPv6 /128 networks.
 */
import { bytesOf, type Address } from '../config/net/address.ts';
import type { Family, Network } from '../config/model.ts';

export interface PrefixTable<T> {
  /** All networks that hold the address, the longest prefix first. */
  matches(address: Address): readonly PrefixMatch<T>[];
}

interface PrefixMatch<T> {
  readonly prefixLength: number;
  readonly values: readonly T[];
}

export function prefixTable<T>(
  entries: Iterable<{ readonly network: Network; readonly value: T }>,
): PrefixTable<T> {
  const tables = { 4: familyTable<T>(), 6: familyTable<T>() };
  for (const { network, value } of entries) tables[network.family].add(network, value);
  const lengths: Readonly<Record<Family, readonly number[]>> = {
    4: tables[4].lengths(),
    6: tables[6].lengths(),
  };
  return {
    matches: ({ family, address }) => {
      const bits = bitString(address);
      return lengths[family].flatMap((prefixLength) => {
        const values = tables[family].get(bits.slice(0, prefixLength));
        return values === undefined ? [] : [{ prefixLength, values }];
      });
    },
  };
}

interface FamilyTable<T> {
  add(network: Network, value: T): void;
  get(prefix: string): readonly T[] | undefined;
  /** The prefix lengths of the table, longest first. */
  lengths(): readonly number[];
}

/** The key is the prefix as a string of bits: its length is the prefix length. */
function familyTable<T>(): FamilyTable<T> {
  const values = new Map<string, T[]>();
  const lengths = new Set<number>();
  return {
    add: ({ address, prefixLength }, value) => {
      const prefix = bitString(address).slice(0, prefixLength);
      const known = values.get(prefix);
      if (known === undefined) values.set(prefix, [value]);
      else known.push(value);
      lengths.add(prefixLength);
    },
    get: (prefix) => values.get(prefix),
    lengths: () => [...lengths].sort((one, other) => other - one),
  };
}

const bitsOfByte = Array.from({ length: 256 }, (_unused, byte) =>
  byte.toString(2).padStart(8, '0'),
);

function bitString(address: string): string {
  let bits = '';
  for (const byte of bytesOf(address)) bits += bitsOfByte[byte] ?? '';
  return bits;
}
