/** Ranges of addresses, `10.0.0.100-10.0.0.200` or a network, and the fewest networks that are the same addresses. */
import type { Family, Network } from '../sourced.ts';
import type { Parsed } from '../../parsed.ts';
import { addressBits, addressOf, bitsOf, parseAddress, parseNetwork } from './address.ts';

/** Both ends belong to it; canonical. */
export interface AddressRange {
  readonly family: Family;
  readonly first: string;
  readonly last: string;
}

/**
 * A network, or first and last address with "-" between them, as MetalLB reads them [internal/config/config.go
 * ParseCIDR], but strictly: of one family, and no host bits are dropped without a word.
 */
export function parseRange(
  text: string,
): Parsed<{ readonly range: AddressRange; readonly hostBits: boolean }> {
  const dash = text.indexOf('-');
  if (dash === -1) return parseNetworkRange(text);
  const first = parseAddress(text.slice(0, dash).trim());
  if (!first.ok) return first;
  const last = parseAddress(text.slice(dash + 1).trim());
  if (!last.ok) return last;
  const { family } = first.value;
  const ends = { first: first.value.address, last: last.value.address };
  if (family !== last.value.family) {
    const message = `"${text}" begins with IPv${family} and ends with IPv${last.value.family}`;
    return { ok: false, message, hint: 'write a range for each family' };
  }
  if (bitsOf(ends.first) > bitsOf(ends.last)) {
    const message = `"${text}" ends before it begins`;
    return { ok: false, message, hint: `write ${ends.last}-${ends.first}` };
  }
  return { ok: true, value: { range: { family, ...ends }, hostBits: false } };
}

function parseNetworkRange(text: string): ReturnType<typeof parseRange> {
  const address = parseAddress(text);
  if (address.ok) {
    const message = `"${text}" is a single address, and MetalLB takes none without a length`;
    const hint = `write ${address.value.address}/${addressBits[address.value.family]}`;
    return { ok: false, message, hint };
  }
  const parsed = parseNetwork(text);
  if (!parsed.ok) return parsed;
  const { network, hostBits } = parsed.value;
  return { ok: true, value: { range: rangeOf(network), hostBits } };
}

export function rangeOf({ family, address, prefixLength }: Network): AddressRange {
  const size = 1n << BigInt(addressBits[family] - prefixLength);
  return { family, first: address, last: addressOf(bitsOf(address) + size - 1n, family) };
}

export function rangesOverlap(one: AddressRange, other: AddressRange): boolean {
  return (
    one.family === other.family &&
    bitsOf(one.first) <= bitsOf(other.last) &&
    bitsOf(other.first) <= bitsOf(one.last)
  );
}

/** `10.0.0.100-10.0.0.200`, or the network where the range is one. */
export function rangeText(range: AddressRange): string {
  const [network, ...more] = cidrsOf([range]);
  return network !== undefined && more.length === 0 ? network.cidr : `${range.first}-${range.last}`;
}

/** The fewest networks that are exactly these addresses: IPv4 first, by address. */
export function cidrsOf(ranges: readonly AddressRange[]): readonly Network[] {
  return ([4, 6] as const).flatMap((family) =>
    joined(ranges.filter((range) => range.family === family)).flatMap(([first, last]) =>
      networksBetween(first, last, family),
    ),
  );
}

/** Ranges that overlap or touch become one; by address. */
function joined(ranges: readonly AddressRange[]): readonly (readonly [bigint, bigint])[] {
  const ends = ranges.map(({ first, last }) => [bitsOf(first), bitsOf(last)] as const);
  const sorted = ends.toSorted(([one], [other]) => (one < other ? -1 : Number(one > other)));
  const found: (readonly [bigint, bigint])[] = [];
  for (const [first, last] of sorted) {
    const before = found.at(-1);
    if (before === undefined || first > before[1] + 1n) found.push([first, last]);
    else if (last > before[1]) found[found.length - 1] = [before[0], last];
  }
  return found;
}

function networksBetween(first: bigint, last: bigint, family: Family): readonly Network[] {
  const bits = addressBits[family];
  const found: Network[] = [];
  let next = first;
  while (next <= last) {
    let host = 0;
    while (host < bits && fits(next, host + 1, last)) host += 1;
    const address = addressOf(next, family);
    const prefixLength = bits - host;
    found.push({ family, address, prefixLength, cidr: `${address}/${prefixLength}` });
    next += 1n << BigInt(host);
  }
  return found;
}

function fits(first: bigint, hostBits: number, last: bigint): boolean {
  const size = 1n << BigInt(hostBits);
  return first % size === 0n && first + size - 1n <= last;
}
