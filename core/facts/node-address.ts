/** A node's BGP addresses. */
import { addressBits, bytesOf, kindOf, parseInterfaceAddress } from '../config/net/address.ts';
import type { Parsed } from '../parsed.ts';
import type { NodeAddress } from './facts.ts';

/** An address that a node can have: no loopback, link-local, multicast or network address. */
export function parseNodeAddress(text: string): Parsed<NodeAddress> {
  const parsed = parseInterfaceAddress(text);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  const kind = kindOf(value);
  if (kind !== 'host') {
    return {
      ok: false,
      message: `"${text}" is a ${kind} address, which no node can be reached at`,
      hint: 'give the address by which the other nodes and routers reach it',
    };
  }
  return isNetworkAddress(value)
    ? {
        ok: false,
        message: `"${text}" is the network, not an address in it`,
        hint: 'give the address of the node with the prefix length of its subnet: 10.0.0.2/24',
      }
    : parsed;
}

/** The first usable address of each family, IPv4 first; leaves out other texts. */
export function firstOfEachFamily(texts: readonly string[]): readonly NodeAddress[] {
  const usable = texts.flatMap((text) => {
    const parsed = parseNodeAddress(text);
    return parsed.ok ? [parsed.value] : [];
  });
  return ([4, 6] as const).flatMap((family) => {
    const first = usable.find((address) => address.family === family);
    return first === undefined ? [] : [first];
  });
}

/** `10.0.0.2/24`, without the length where it is not known. */
export function nodeAddressText({ address, prefixLength }: NodeAddress): string {
  return prefixLength === undefined ? address : `${address}/${String(prefixLength)}`;
}

/**
 * Whether it is the address of the network itself. Networks of one or two addresses have none (RFC
 * 3021, RFC 6164).
 */
function isNetworkAddress(address: NodeAddress): boolean {
  const { family, prefixLength } = address;
  if (prefixLength === undefined || prefixLength >= addressBits[family] - 1) return false;
  // All bits beyond the length are zero. The text of the network would take ten times as long.
  return bytesOf(address.address).every((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefixLength - index * 8));
    return (byte & (0xff >> kept)) === 0;
  });
}
