/** Chooses this node's address of one family, by one reading. */
import { addressBits, contains, networkOf, type Address } from '../../config/net/address.ts';
import type { NodeAddress } from '../facts.ts';
import { findOnHost, isSingle, rankHostAddresses, type HostAddress } from './host-address.ts';

/** The sources of addresses, all of one family. */
export interface AddressSources {
  /** All addresses of this machine; empty: there are none, or they cannot be read. */
  readonly host: readonly HostAddress[];
  /** The addresses of Juju's binding, best first; empty: there are none. */
  readonly bound: readonly NodeAddress[];
  /**
   * Juju names addresses, but none of this family. An address that only the host has does not count
   * then: it may be in another space, and its subnet may give another AS number.
   */
  readonly isUnbound?: boolean;
  /** The address of Calico's Node; absent: it has none, or could not be read. */
  readonly calico?: NodeAddress;
  /** The previous address of this node. */
  readonly known?: KnownAddress;
}

export interface KnownAddress extends NodeAddress {
  /** Its last source. Juju's binding wins over an address that only the host has. */
  readonly by: 'calico' | 'juju' | 'host';
  /** It was on an interface of this machine, so when it is missing there, it is gone. */
  readonly onHost: boolean;
}

export type Preferred =
  | {
      readonly found: 'address';
      readonly address: KnownAddress;
      /** False for a first choice without a subnet, which may be a virtual address. */
      readonly isCertain: boolean;
    }
  /** Calico's Node of this name has an address that this machine never had. */
  | { readonly found: 'stranger'; readonly calico: NodeAddress }
  | { readonly found: 'none' };

/**
 * Calico's own Node wins over the previous address, that over Juju's binding, and that over the
 * host. An address without a subnet comes after all that have one: keepalived, kube-vip and DHCPv6
 * make such addresses, which come and go. It counts if Calico speaks BGP from it on an interface
 * that has no other: the loopback, a dummy, a VPN.
 */
export function preferAddress(sources: AddressSources): Preferred {
  const { host, bound, calico, known } = sources;
  const choices = choicesAnew(sources);
  const stands = (address: KnownAddress | undefined): address is KnownAddress =>
    address !== undefined && (!isSingle(address) || !isVirtual(address, host, choices));
  const calicos = calico && standing(calico, 'calico', host, bound);
  if (stands(calicos)) return { found: 'address', address: calicos, isCertain: true };
  const still = known && stillThere(known, host, bound);
  if (stands(still)) return { found: 'address', address: still, isCertain: true };
  const [first] = choices;
  if (first === undefined) return { found: 'none' };
  if (calico !== undefined && known === undefined && isStranger(calico, host, bound)) {
    return { found: 'stranger', calico };
  }
  return { found: 'address', address: first, isCertain: !isSingle(first) };
}

/** Whether another machine of the same name may have the address, or this one had it before. */
function isStranger(
  { address }: NodeAddress,
  host: readonly HostAddress[],
  bound: readonly NodeAddress[],
): boolean {
  return [...host, ...bound].every((one) => one.address !== address);
}

/** The address with the prefix length of the interface, because Calico may have it without. */
function standing(
  { address }: NodeAddress,
  by: KnownAddress['by'],
  host: readonly HostAddress[],
  bound: readonly NodeAddress[],
): KnownAddress | undefined {
  const here = findOnHost(address, host);
  if (here !== undefined) return asKnown(here, by, true);
  // An address on an interface of containers is never the node's.
  if (host.some((one) => one.address === address)) return undefined;
  const ofJuju = bound.find((one) => one.address === address);
  return ofJuju === undefined ? undefined : asKnown(ofJuju, by, false);
}

/** An address from Juju that no interface ever had stays until Juju names another one. */
function stillThere(
  known: KnownAddress,
  host: readonly HostAddress[],
  bound: readonly NodeAddress[],
): KnownAddress | undefined {
  const isBound = bound.some(({ address }) => address === known.address);
  if (!isBound && isRebound(known, host, bound)) return undefined;
  const by = known.by === 'host' && isBound ? 'juju' : known.by;
  const here = findOnHost(known.address, host);
  if (here !== undefined) return asKnown(here, by, true);
  if (known.onHost) return undefined;
  return standing(known, by, [], bound) ?? known;
}

/**
 * Whether Juju's binding now names another address. A virtual one, in the same subnet or without
 * one, does not count.
 */
function isRebound(
  known: KnownAddress,
  host: readonly HostAddress[],
  bound: readonly NodeAddress[],
): boolean {
  const network = networkOf(known, known.prefixLength ?? addressBits[known.family]);
  return bound.some((one) => {
    if (contains(network, addressOf(one))) return false;
    // If no interface has it, only Juju knows it, as on a cloud without subnets.
    if (isSingle(one)) return !known.onHost && isSingle(known);
    return known.by === 'host' || !known.onHost || findOnHost(one.address, host) !== undefined;
  });
}

/** The addresses of Juju's binding come before the others of the host. */
function choicesAnew({ host, bound, isUnbound, known }: AddressSources): readonly KnownAddress[] {
  if (isUnbound === true) return [];
  // For some minutes Juju still names an address that an interface has lost.
  const isGone = ({ address }: NodeAddress): boolean =>
    known?.onHost === true && known.address === address && !host.some(sameAs(known));
  const ofJuju = bound.filter((one) => !isGone(one));
  const ranked = rankHostAddresses(host);
  if (ofJuju.length === 0) return ranked.map((one) => asKnown(one, 'host', true));
  const both = ranked.filter((one) => ofJuju.some(sameAs(one)));
  if (both.length > 0) {
    return subnetsFirst(inBindingOrder(both, ofJuju)).map((one) => asKnown(one, 'juju', true));
  }
  // An address that is named, but has another purpose here or is not usable now: a tunnel, a failed
  // duplicate.
  const elsewhere = ofJuju.filter((one) => !host.some(sameAs(one)));
  return subnetsFirst(elsewhere).map((one) => asKnown(one, 'juju', false));
}

function sameAs({ address }: NodeAddress): (other: NodeAddress) => boolean {
  return (other) => other.address === address;
}

function addressOf({ family, address }: NodeAddress): Address {
  return { family, address };
}

/**
 * Sorts by subnet in Juju's order; within a subnet the primary address comes first, which only the
 * kernel knows.
 */
function inBindingOrder(
  both: readonly HostAddress[],
  bound: readonly NodeAddress[],
): readonly HostAddress[] {
  const placeOf = (one: HostAddress): number =>
    bound.findIndex((other) => contains(networkOf(one, one.prefixLength), other));
  return both.toSorted((one, other) => placeOf(one) - placeOf(other));
}

function subnetsFirst<T extends NodeAddress>(addresses: readonly T[]): readonly T[] {
  return addresses.toSorted((one, other) => Number(isSingle(one)) - Number(isSingle(other)));
}

/**
 * Whether an address without a subnet is a virtual one, beside an address with a subnet. One that
 * Calico names on an interface of its own is none; one that only the host has gives way to any
 * other interface's address.
 */
function isVirtual(
  { address, by }: KnownAddress,
  host: readonly HostAddress[],
  choices: readonly KnownAddress[],
): boolean {
  const here = host.filter((one) => one.address === address);
  if (here.some(({ loopback }) => loopback === true)) return false;
  const others =
    by === 'calico' && here.length > 0
      ? host.filter((one) => here.some((own) => own.interface === one.interface))
      : choices;
  return others.some((one) => !isSingle(one));
}

function asKnown(
  { family, address, prefixLength }: NodeAddress,
  by: KnownAddress['by'],
  onHost: boolean,
): KnownAddress {
  return { family, address, ...(prefixLength !== undefined && { prefixLength }), by, onHost };
}
