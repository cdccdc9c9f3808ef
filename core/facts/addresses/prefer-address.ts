/** Which address of one family is this node's, as things are at one moment. */
import { addressBits, contains, networkOf, type Address } from '../../config/net/address.ts';
import type { NodeAddress } from '../facts.ts';
import { findOnHost, isSingle, rankHostAddresses, type HostAddress } from './host-address.ts';

/** All of one family. */
export interface AddressSources {
  /** Everything that is on this machine; empty where it cannot be read, or there is none. */
  readonly host: readonly HostAddress[];
  /** As Juju's binding says, best first; empty: it says nothing. */
  readonly bound: readonly NodeAddress[];
  /**
   * Juju names addresses, and none of this family: what only the host shows does not count. It may
   * lie in another space, and its subnet say another AS number.
   */
  readonly isUnbound?: boolean;
  /** Of Calico's own Node; absent: it has none, or nobody could ask. */
  readonly calico?: NodeAddress;
  /** What was taken for this node's before. */
  readonly known?: KnownAddress;
}

export interface KnownAddress extends NodeAddress {
  /** Where it came from last. An address that only the host has yields to Juju's binding. */
  readonly by: 'calico' | 'juju' | 'host';
  /** It was observed on an interface of this machine: when it is there no more, it is gone. */
  readonly onHost: boolean;
}

export type Preferred =
  | {
      readonly found: 'address';
      readonly address: KnownAddress;
      /** Not of the first choice: an address without a subnet may be a virtual one. */
      readonly isCertain: boolean;
    }
  /** Calico's Node of this name has an address that this machine never had. */
  | { readonly found: 'stranger'; readonly calico: NodeAddress }
  | { readonly found: 'none' };

/**
 * Calico's own Node says it best, then what was known before, then Juju's binding, then the host.
 * An address without a subnet comes after each that has one: keepalived, kube-vip and DHCPv6 make
 * such, and they come and go. It counts where Calico speaks BGP from it on an interface that has
 * no other: the loopback, a dummy, a VPN.
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

/** Another machine of the same name has it, or this one had it before. */
function isStranger(
  { address }: NodeAddress,
  host: readonly HostAddress[],
  bound: readonly NodeAddress[],
): boolean {
  return [...host, ...bound].every((one) => one.address !== address);
}

/** With the prefix length of the interface: Calico may have the address alone. */
function standing(
  { address }: NodeAddress,
  by: KnownAddress['by'],
  host: readonly HostAddress[],
  bound: readonly NodeAddress[],
): KnownAddress | undefined {
  const here = findOnHost(address, host);
  if (here !== undefined) return asKnown(here, by, true);
  // On an interface of containers: it is not the node's, whoever names it.
  if (host.some((one) => one.address === address)) return undefined;
  const ofJuju = bound.find((one) => one.address === address);
  return ofJuju === undefined ? undefined : asKnown(ofJuju, by, false);
}

/** An address of Juju's that no interface ever had stays until Juju names another one. */
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

/** Not by a virtual address: in the same subnet, or without one, it says nothing against the known one. */
function isRebound(
  known: KnownAddress,
  host: readonly HostAddress[],
  bound: readonly NodeAddress[],
): boolean {
  const network = networkOf(known, known.prefixLength ?? addressBits[known.family]);
  return bound.some((one) => {
    if (contains(network, addressOf(one))) return false;
    // Where no interface shows it, Juju is all that is known, also on a cloud without subnets.
    if (isSingle(one)) return !known.onHost && isSingle(known);
    return known.by === 'host' || !known.onHost || findOnHost(one.address, host) !== undefined;
  });
}

/** What Juju's binding names counts before the rest of the host. */
function choicesAnew({ host, bound, isUnbound, known }: AddressSources): readonly KnownAddress[] {
  if (isUnbound === true) return [];
  // Juju tells for minutes what an interface has lost.
  const isGone = ({ address }: NodeAddress): boolean =>
    known?.onHost === true && known.address === address && !host.some(sameAs(known));
  const ofJuju = bound.filter((one) => !isGone(one));
  const ranked = rankHostAddresses(host);
  if (ofJuju.length === 0) return ranked.map((one) => asKnown(one, 'host', true));
  const both = ranked.filter((one) => ofJuju.some(sameAs(one)));
  if (both.length > 0) {
    return subnetsFirst(inBindingOrder(both, ofJuju)).map((one) => asKnown(one, 'juju', true));
  }
  // Named, and here for something else or not usable now: a tunnel, a failed duplicate.
  const elsewhere = ofJuju.filter((one) => !host.some(sameAs(one)));
  return subnetsFirst(elsewhere).map((one) => asKnown(one, 'juju', false));
}

function sameAs({ address }: NodeAddress): (other: NodeAddress) => boolean {
  return (other) => other.address === address;
}

function addressOf({ family, address }: NodeAddress): Address {
  return { family, address };
}

/** By subnet in Juju's order; within a subnet the primary address first, which only the kernel knows. */
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
 * Of an address without a subnet: beside one that has one. What Calico says is on an interface of
 * its own is none; what only the host showed yields to any other interface's address.
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
