/**
 * IP addresses and networks of both families, read strictly and kept in canonical form
 * (dotted decimal; RFC 5952). Strict, because what one program reads as 10.0.1.8 and the next as
 * 10.0.1.10 (RFC 6943 section 3.1.1) must not decide who peers with whom.
 */
import ipaddr from 'ipaddr.js';
import type { Family, Network } from '../sourced.ts';
import type { Parsed } from '../../parsed.ts';

export interface Address {
  readonly family: Family;
  /** Canonical. */
  readonly address: string;
}

/** The longest address or network as text: 8 groups of 4, a prefix length, and some room. */
const maxLength = 64;
const prefixPattern = /^(?:0|[1-9]\d{0,2})$/;

export const addressBits = { 4: 32, 6: 128 } as const;

/**
 * Four-part decimal IPv4 (no 010.0.0.1, no 10.1, no hex) or IPv6. Without zone; IPv4-mapped IPv6
 * is refused, because Calico compares addresses as text and would never find the node again.
 */
export function parseAddress(text: string): Parsed<Address> {
  if (text.length > maxLength) return refused(`an address is at most ${maxLength} characters long`);
  if (isFourPartDecimal(text)) {
    return { ok: true, value: { family: 4, address: text } };
  }
  if (text.includes('%')) {
    return refused(`"${text}" has a zone`, 'an address without %zone is needed');
  }
  if (!looksLikeIPv6(text) || !ipaddr.IPv6.isValid(text)) return notAnAddress(text);
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress()) {
    const plain = address.toIPv4Address().toString();
    return refused(`"${text}" is an IPv4 address in IPv6 form`, `write ${plain}`);
  }
  return { ok: true, value: { family: 6, address: address.toRFC5952String() } };
}

/** Without the interface of a link-local neighbour: `fe80::1%eth0`. */
export function withoutZone(text: string): string {
  const zone = text.indexOf('%');
  return zone === -1 ? text : text.slice(0, zone);
}

/** `address/length`. `hostBits` tells that bits beyond the length were set; they are cleared. */
export function parseNetwork(
  text: string,
): Parsed<{ readonly network: Network; readonly hostBits: boolean }> {
  const slash = text.indexOf('/');
  if (slash === -1) {
    const address = parseAddress(text);
    if (!address.ok) {
      return address.hint === undefined
        ? refused(`"${shortened(text)}" is not a network`, 'write it as 10.0.0.0/24')
        : address;
    }
    const hint = `write ${text}/${addressBits[address.value.family]} for this one address, or the network that is meant`;
    return refused(`"${text}" has no prefix length`, hint);
  }
  const address = parseAddress(text.slice(0, slash));
  if (!address.ok) return address;
  const prefix = parsePrefixLength(text.slice(slash + 1), address.value.family);
  if (!prefix.ok) return prefix;
  const network = networkOf(address.value, prefix.value);
  return { ok: true, value: { network, hostBits: network.address !== address.value.address } };
}

/** An address as an interface has it: `10.0.0.2/24`, or without the length where it is not known. */
export function parseInterfaceAddress(
  text: string,
): Parsed<Address & { readonly prefixLength?: number }> {
  const slash = text.indexOf('/');
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (!address.ok || slash === -1) return address;
  const prefix = parsePrefixLength(text.slice(slash + 1), address.value.family);
  if (!prefix.ok) return prefix;
  const { family } = address.value;
  return {
    ok: true,
    value: { family, address: address.value.address, prefixLength: prefix.value },
  };
}

function parsePrefixLength(text: string, family: Family): Parsed<number> {
  const length = prefixPattern.test(text) ? Number(text) : Infinity;
  const most = addressBits[family];
  if (length > most) {
    const meant = meantLength(text, family);
    return refused(
      `"/${shortened(text)}" is not a prefix length of IPv${family}`,
      meant === undefined || meant > most ? `it is a number from 0 to ${most}` : `write /${meant}`,
    );
  }
  return { ok: true, value: length };
}

/** The prefix length that a netmask, or a number with leading zeros, means. */
function meantLength(text: string, family: Family): number | undefined {
  const [, digits] = /^0+(\d{1,3})$/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits);
  const mask = parseAddress(text);
  if (!mask.ok || mask.value.family !== 4 || family !== 4) return undefined;
  const bits = bitsOf(mask.value.address).toString(2).padStart(32, '0');
  return /^1*0*$/.test(bits) ? bits.replaceAll('0', '').length : undefined;
}

/** The network of this length in which a canonical address lies. */
export function networkOf(address: Address, prefixLength: number): Network {
  const bytes = bytesOf(address.address).map((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefixLength - index * 8));
    return byte & (0xff00 >> kept);
  });
  const base = canonical(bytes);
  return { family: address.family, address: base, prefixLength, cidr: `${base}/${prefixLength}` };
}

/** Whether the network holds this canonical address, or all of this network. */
export function contains(network: Network, inner: Address | Network): boolean {
  if (network.family !== inner.family) return false;
  if ('prefixLength' in inner && inner.prefixLength < network.prefixLength) return false;
  return networkOf(inner, network.prefixLength).address === network.address;
}

export function overlaps(one: Network, other: Network): boolean {
  return contains(one, other) || contains(other, one);
}

/** 4 or 16 bytes of a canonical address, in network order. */
export function bytesOf(address: string): number[] {
  return address.includes(':')
    ? ipaddr.IPv6.parse(address).toByteArray()
    : address.split('.').map(Number);
}

/** A canonical address as a number of 32 or 128 bits: for tries and for sorting. */
export function bitsOf(address: string): bigint {
  return bytesOf(address).reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
}

/** The address of this number in the network, which must be large enough; 0 is the network's own. */
export function addressAt({ address, family }: Network, index: number): string {
  return addressOf(bitsOf(address) + BigInt(index), family);
}

/** The canonical address that `bitsOf` gives this number for. */
export function addressOf(bits: bigint, family: Family): string {
  const count = addressBits[family] / 8;
  const bytes = Array.from({ length: count }, (_unused, place) =>
    Number((bits >> BigInt(8 * (count - 1 - place))) & 0xffn),
  );
  return canonical(bytes);
}

/** IPv4 before IPv6, then by number. */
export function compareAddresses(one: Address, other: Address): number {
  if (one.family !== other.family) return one.family - other.family;
  const left = bytesOf(one.address);
  const right = bytesOf(other.address);
  const differing = left.findIndex((byte, index) => byte !== right[index]);
  return differing === -1 ? 0 : (left[differing] ?? 0) - (right[differing] ?? 0);
}

/** The purpose of an address; `host` is the kind that a node or a router can have. */
export type AddressKind =
  'host' | 'unspecified' | 'loopback' | 'link-local' | 'multicast' | 'broadcast' | 'reserved';

/** Sources: RFC 6890 (special-purpose registries), RFC 5771 and RFC 4291 (multicast). */
export function kindOf(address: Address): AddressKind {
  const bytes = bytesOf(address.address);
  const [first = 0, second = 0] = bytes;
  if (bytes.every((byte) => byte === 0)) return 'unspecified';
  if (address.family === 6) {
    if (address.address === '::1') return 'loopback';
    if (first === 0xff) return 'multicast';
    return first === 0xfe && (second & 0xc0) === 0x80 ? 'link-local' : 'host';
  }
  if (address.address === '255.255.255.255') return 'broadcast';
  if (first === 0 || first >= 240) return 'reserved';
  if (first === 127) return 'loopback';
  if (first >= 224) return 'multicast';
  return first === 169 && second === 254 ? 'link-local' : 'host';
}

function canonical(bytes: number[]): string {
  return bytes.length === 4 ? bytes.join('.') : ipaddr.IPv6.parse(hextets(bytes)).toRFC5952String();
}

function hextets(bytes: readonly number[]): string {
  const groups = bytes.flatMap((byte, index) =>
    index % 2 === 0 ? [((byte << 8) | (bytes[index + 1] ?? 0)).toString(16)] : [],
  );
  return groups.join(':');
}

const fourPartDecimal =
  /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;

/**
 * Without the library, which takes ten times as long, and throws and catches an error for any other text: there are up
 * to a million calls.
 */
function isFourPartDecimal(text: string): boolean {
  return fourPartDecimal.test(text);
}

/** Refuses forms that ipaddr.js accepts: octal and hex parts in `::ffff:010.0.0.1`. */
function looksLikeIPv6(text: string): boolean {
  if (!/^[\dA-Fa-f:.]+$/.test(text)) return false;
  const lastColon = text.lastIndexOf(':');
  if (lastColon === -1) return false;
  const tail = text.slice(lastColon + 1);
  return !tail.includes('.') || isFourPartDecimal(tail);
}

function notAnAddress(text: string): Parsed<never> {
  const shown = shortened(text);
  if (text !== text.trim())
    return refused(`"${shown}" has spaces around it`, 'take the spaces away');
  if (/(?:^|[.:])0\d+\.|\.0\d/.test(text)) {
    return refused(
      `"${shown}" has a part with a leading zero`,
      'write plain decimal parts: 10.0.1.8, not 010.0.01.08',
    );
  }
  return refused(`"${shown}" is not an IPv4 or IPv6 address`);
}

function refused(message: string, hint?: string): Parsed<never> {
  return hint === undefined ? { ok: false, message } : { ok: false, message, hint };
}

function shortened(text: string): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
