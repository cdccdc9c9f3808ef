/**
 * Which address MetalLB gives a Service, by its own order [internal/allocator/allocator.go,
 * controller/service.go of 0.16].
 */
import type { MetalLbPool } from '../../config/metallb/settings.ts';
import { matchesAny } from '../../config/metallb/values/label-selector.ts';
import { addressOf, bitsOf, parseAddress } from '../../config/net/address.ts';
import { rangesOverlap, type AddressRange } from '../../config/net/address-range.ts';
import type { Family } from '../../config/sourced.ts';
import type { ListedServices, Service } from './services.ts';

/** The facts about the cluster that are known. */
export interface Known extends Pick<ListedServices, 'namespaces'> {
  /** The Services that have an address, by the address. */
  readonly holders: ReadonlyMap<string, readonly Service[]>;
}

export type Allocation =
  | { readonly ok: true; readonly pool: MetalLbPool; readonly addresses: readonly string[] }
  /** Clauses: why it stays pending. */
  | { readonly ok: false; readonly why: readonly string[] };

export function allocate(
  service: Service,
  pools: readonly MetalLbPool[],
  known: Known,
): Allocation {
  const { families, asksTwice, wanted, wantedPool } = service;
  if (pools.length === 0) return pending('the document has no pools');
  if (families.length === 0) return pending('it has no cluster IP, and so no family of addresses');
  if (asksTwice) {
    return pending(
      'it asks for addresses with an annotation and with spec.loadBalancerIP: take one away',
    );
  }
  if (wanted.length > 0) return allocateWanted(service, pools, known);
  if (wantedPool !== undefined) {
    const pool = pools.find(({ name }) => name === wantedPool);
    if (pool === undefined) {
      return pending(`it asks for the pool "${wantedPool}", which the document does not have`);
    }
    const obstacle = poolObstacle(pool, service, known);
    return obstacle === undefined ? fromPools([pool], service, known) : pending(obstacle);
  }
  return automatic(service, pools, known);
}

function automatic(service: Service, pools: readonly MetalLbPool[], known: Known): Allocation {
  const pinned = pools.filter(
    (pool) =>
      pool.spec.serviceAllocation !== undefined &&
      pool.spec.autoAssign !== false &&
      poolObstacle(pool, service, known) === undefined,
  );
  const first = fromPools(pinned.toSorted(byPriority), service, known);
  if (first.ok) return first;
  const common = pools.filter(
    ({ spec }) => spec.serviceAllocation === undefined && spec.autoAssign !== false,
  );
  const second = fromPools(common, service, known);
  if (second.ok) return second;
  const others = pools.filter((pool) => !pinned.includes(pool) && !common.includes(pool));
  return {
    ok: false,
    why: [
      ...(pinned.length > 0 ? first.why : []),
      ...(common.length > 0 ? second.why : []),
      ...others.map((pool) => whyNot(pool, service, known)),
    ],
  };
}

function whyNot(pool: MetalLbPool, service: Service, known: Known): string {
  return (
    poolObstacle(pool, service, known) ??
    `pool "${pool.name}" has autoAssign: false, and the Service asks neither for it nor for one of its addresses`
  );
}

/** The smallest first, and 0 last. */
function byPriority(one: MetalLbPool, other: MetalLbPool): number {
  const [left, right] = [one, other].map(({ spec }) => {
    const priority = spec.serviceAllocation?.priority ?? 0;
    return priority === 0 ? Infinity : priority;
  });
  return left === right ? 0 : (left ?? 0) - (right ?? 0);
}

/** Why the pool is not for this Service, as a clause. */
export function poolObstacle(
  pool: MetalLbPool,
  { namespace, labels }: Service,
  known: Known,
): string | undefined {
  const { name, spec } = pool;
  const { namespaces } = known;
  const allocation = spec.serviceAllocation;
  if (allocation === undefined) return undefined;
  const chosen = allocation.namespaceSelectors ?? [];
  if (isNamespaceUnknown(pool, namespace, known)) {
    return `it is not known whether pool "${name}" is for its namespace: namespaceSelectors choose them, and no Namespaces are known`;
  }
  const bySelector = [...namespaces].flatMap(([one, ofOne]) =>
    chosen.length > 0 && matchesAny(chosen, ofOne) ? [one] : [],
  );
  const all = [...(allocation.namespaces ?? []), ...bySelector];
  // MetalLB takes selectors that no namespace matches for none, and the pool is for all namespaces.
  if (all.length > 0 && !all.includes(namespace)) {
    return `pool "${name}" is for other namespaces: ${all.join(', ')}`;
  }
  return matchesAny(allocation.serviceSelectors ?? [], labels)
    ? undefined
    : `pool "${name}" is for Services with other labels`;
}

/** The pool is for namespaces with labels, and the file of the Services has none. */
export function isNamespaceUnknown(
  { spec: { serviceAllocation } }: MetalLbPool,
  namespace: string,
  { namespaces }: Pick<Known, 'namespaces'>,
): boolean {
  const { namespaceSelectors = [], namespaces: named = [] } = serviceAllocation ?? {};
  return namespaceSelectors.length > 0 && namespaces.size === 0 && !named.includes(namespace);
}

function allocateWanted(service: Service, pools: readonly MetalLbPool[], known: Known): Allocation {
  const addresses: string[] = [];
  for (const text of service.wanted) {
    const parsed = parseAddress(text);
    if (!parsed.ok) return pending(`it asks for "${text}": ${parsed.message}`);
    addresses.push(parsed.value.address);
  }
  const families = addresses.map(familyOf);
  if (!hasSameFamilies(families, service.families)) {
    const of = service.families.map((one) => `IPv${one}`).join(' and ');
    return pending(
      `it asks for ${addresses.join(', ')}, and its cluster IPs are ${of}: the families have to be the same`,
    );
  }
  const pool = pools.find((one) => addresses.every((address) => holds(one, address)));
  if (pool === undefined) {
    return pending(
      `it asks for ${addresses.join(', ')}, and no pool has ${addresses.length === 1 ? 'it' : 'all of them'}`,
    );
  }
  const obstacles = [
    poolObstacle(pool, service, known),
    service.wantedPool === undefined || service.wantedPool === pool.name
      ? undefined
      : `it asks for the pool "${service.wantedPool}", and ${addresses.join(', ')} is in "${pool.name}"`,
    ...addresses.map((address) => addressObstacle(address, service, known)),
  ].filter((one) => one !== undefined);
  return obstacles.length === 0 ? { ok: true, pool, addresses } : { ok: false, why: obstacles };
}

function fromPools(pools: readonly MetalLbPool[], service: Service, known: Known): Allocation {
  const free = pools.map((pool) => ({
    pool,
    found: service.families.flatMap((family) => firstFree(pool, family, service, known) ?? []),
  }));
  const whole = free.find(({ found }) => found.length === service.families.length);
  const part = service.isOneEnough ? free.find(({ found }) => found.length > 0) : undefined;
  const chosen = whole ?? part;
  if (chosen !== undefined) return { ok: true, pool: chosen.pool, addresses: chosen.found };
  const of = service.families.map((family) => `IPv${family}`).join(' and ');
  return {
    ok: false,
    why: pools.map(({ name }) => `pool "${name}" has no free address of ${of} for it`),
  };
}

/** Addresses that are looked at in one range: those in use are few, and an IPv6 range is endless. */
const mostLookedAt = 100_000;

function firstFree(
  { ranges, spec }: MetalLbPool,
  family: Family,
  service: Service,
  known: Known,
): string | undefined {
  for (const { range } of ranges) {
    if (range.family !== family) continue;
    const last = bitsOf(range.last);
    let bits = bitsOf(range.first);
    for (let looked = 0; bits <= last && looked < mostLookedAt; looked += 1, bits += 1n) {
      if (spec.avoidBuggyIPs === true && family === 4 && isBuggy(bits)) continue;
      const address = addressOf(bits, family);
      if (addressObstacle(address, service, known) === undefined) return address;
    }
  }
  return undefined;
}

/** Ends in .0 or .255. */
function isBuggy(bits: bigint): boolean {
  return (bits & 0xffn) === 0n || (bits & 0xffn) === 0xffn;
}

/** Why the address is not free for this Service, as a clause. */
function addressObstacle(
  address: string,
  service: Service,
  { holders }: Known,
): string | undefined {
  for (const other of holders.get(address) ?? []) {
    const isSame = other.namespace === service.namespace && other.name === service.name;
    if (isSame) continue;
    const whose = `${address} is in use by ${other.namespace}/${other.name}`;
    if (service.sharingKey === undefined || other.sharingKey !== service.sharingKey) {
      return `${whose}: both need the same metallb.io/allow-shared-ip to share it`;
    }
    if (!sharesBackends(service, other)) {
      return `${whose}, with externalTrafficPolicy Local and other pods`;
    }
    const port = service.ports.find((one) => other.ports.includes(one));
    if (port !== undefined) return `${whose}, also on ${port}`;
  }
  return undefined;
}

/** Both Cluster, or both Local with the same pods. */
function sharesBackends(one: Service, other: Service): boolean {
  if (one.isLocal !== other.isLocal) return false;
  return !one.isLocal || one.podSelector === other.podSelector;
}

export function holds({ ranges }: Pick<MetalLbPool, 'ranges'>, address: string): boolean {
  const alone: AddressRange = { family: familyOf(address), first: address, last: address };
  return ranges.some(({ range }) => rangesOverlap(range, alone));
}

function hasSameFamilies(one: readonly Family[], other: readonly Family[]): boolean {
  return one.length === other.length && one.every((family) => other.includes(family));
}

function familyOf(address: string): Family {
  return address.includes(':') ? 6 : 4;
}

function pending(why: string): Allocation {
  return { ok: false, why: [why] };
}
