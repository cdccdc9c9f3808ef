/** MetalLB's answer to a Service: its address, who announces it, and to whom; or why it stays pending. */
import { isFor } from '../../config/metallb/advertised.ts';
import type { MetalLbPool, MetalLbSettings } from '../../config/metallb/settings.ts';
import { matchesAny } from '../../config/metallb/values/label-selector.ts';
import type { NetworkModel } from '../../config/model.ts';
import type { NodeFacts } from '../../facts/facts.ts';
import { nameSome } from '../../name-some.ts';
import { allocate, holds, isNamespaceUnknown, poolObstacle, type Known } from './allocation.ts';
import type { ListedServices, Service } from './services.ts';

export interface ExplainedService {
  readonly service: string;
  /** announced; allocated: nobody announces it; pending: it gets no address; not-ours: MetalLB leaves it alone. */
  readonly state: 'announced' | 'allocated' | 'pending' | 'not-ours';
  /** From its status; empty: none yet. */
  readonly has: readonly string[];
  /** With the document in force; empty: none. */
  readonly gets: readonly string[];
  readonly pool?: string;
  readonly announcedBy: readonly string[];
  /** Sentences without a full stop. */
  readonly why: readonly string[];
}

type Model = Pick<NetworkModel, 'bgp' | 'groups'> & { readonly metallb: MetalLbSettings };
type Nodes = readonly NodeFacts[] | undefined;

/**
 * All Services in their order: what one gets, the next one does not.
 * @param nodes absent: which nodes announce it is not said
 */
export function explainServices(
  { services, namespaces }: ListedServices,
  model: Model,
  nodes?: readonly NodeFacts[],
): readonly ExplainedService[] {
  const holders = new Map<string, readonly Service[]>();
  const hold = (service: Service, addresses: readonly string[]): void => {
    for (const one of addresses) holders.set(one, [...(holders.get(one) ?? []), service]);
  };
  const isOther = (service: Service) => (one: Service) => one !== service;
  for (const service of services) hold(service, service.addresses);
  return services.map((service) => {
    const explained = explainService(service, model, { namespaces, holders }, nodes);
    if (explained.state === 'not-ours') return explained;
    for (const one of service.addresses) {
      holders.set(one, (holders.get(one) ?? []).filter(isOther(service)));
    }
    hold(service, explained.gets);
    return explained;
  });
}

function explainService(
  service: Service,
  model: Model,
  known: Known,
  nodes: Nodes,
): ExplainedService {
  const head = { service: `${service.namespace}/${service.name}`, has: service.addresses };
  const nothing = { ...head, gets: [], announcedBy: [] };
  const notOurs = whyNotOurs(service);
  if (notOurs !== undefined) return { ...nothing, state: 'not-ours', why: [notOurs] };
  const { pools } = model.metallb;
  const kept = keptPool(service, pools, known);
  const allocation =
    kept === undefined
      ? allocate(service, pools, known)
      : ({ ok: true, pool: kept, addresses: service.addresses } as const);
  const lost =
    service.addresses.length > 0 && kept === undefined
      ? [`it loses ${service.addresses.join(', ')}: ${whyLost(service, pools, known)}`]
      : [];
  if (!allocation.ok) return { ...nothing, state: 'pending', why: [...lost, ...allocation.why] };
  const { pool, addresses } = allocation;
  const { announcedBy, whyNot } = announcements(service, pool, model, nodes);
  const isAnnounced = announcedBy.length > 0;
  const unannounced = `${whyNot}: the address is allocated, not announced`;
  return {
    ...head,
    state: isAnnounced ? 'announced' : 'allocated',
    gets: addresses,
    pool: pool.name,
    announcedBy,
    why: [
      ...lost,
      ...(kept === undefined ? unsureOf(service, pools, known) : unsureKept(service, kept, known)),
      ...(isAnnounced ? [] : [unannounced]),
    ],
  };
}

/** The pools that a Service may get its address of instead. */
function unsureOf(
  { namespace, wanted, wantedPool }: Service,
  pools: readonly MetalLbPool[],
  known: Known,
): readonly string[] {
  if (wanted.length > 0 || wantedPool !== undefined) return [];
  const unsure = pools.filter(
    (pool) => pool.spec.autoAssign !== false && isNamespaceUnknown(pool, namespace, known),
  );
  if (unsure.length === 0) return [];
  const names = nameSome(unsure.map(({ name }) => name));
  return [
    `it may get another address, of ${names}: namespaceSelectors choose the namespaces, and no Namespaces are known`,
  ];
}

function whyNotOurs({ isLoadBalancer, loadBalancerClass }: Service): string | undefined {
  if (!isLoadBalancer) return 'its type is not LoadBalancer';
  return loadBalancerClass === undefined
    ? undefined
    : `its loadBalancerClass is "${loadBalancerClass}": MetalLB answers only if its --lb-class is the same`;
}

/**
 * The pool whose addresses the Service has and keeps. MetalLB asks again whether the pool is for the Service
 * (Assign in internal/allocator/allocator.go), and takes the addresses away where it is not.
 */
function keptPool(
  service: Service,
  pools: readonly MetalLbPool[],
  known: Known,
): MetalLbPool | undefined {
  const { addresses, wanted, namespace } = service;
  if (addresses.length === 0) return undefined;
  if (wanted.length > 0 && [...wanted].toSorted().join() !== [...addresses].toSorted().join()) {
    return undefined;
  }
  const pool = poolOf(service, pools);
  if (pool === undefined || isNamespaceUnknown(pool, namespace, known)) return pool;
  return poolObstacle(pool, service, known) === undefined ? pool : undefined;
}

/** The pool that has all of its addresses, and that it does not refuse. */
function poolOf(
  { addresses, wantedPool }: Service,
  pools: readonly MetalLbPool[],
): MetalLbPool | undefined {
  return pools.find(
    (pool) =>
      addresses.every((address) => holds(pool, address)) &&
      (wantedPool === undefined || wantedPool === pool.name),
  );
}

function unsureKept({ namespace }: Service, pool: MetalLbPool, known: Known): readonly string[] {
  if (!isNamespaceUnknown(pool, namespace, known)) return [];
  return [
    `it loses the address where pool "${pool.name}" is not for its namespace: namespaceSelectors choose them, and no Namespaces are known`,
  ];
}

function whyLost(service: Service, pools: readonly MetalLbPool[], known: Known): string {
  const { addresses } = service;
  const isThere = pools.some((pool) => addresses.every((one) => holds(pool, one)));
  if (!isThere) return 'no pool of the document has it';
  const pool = poolOf(service, pools);
  const obstacle = pool && poolObstacle(pool, service, known);
  return obstacle ?? 'it asks for another one';
}

interface Announcements {
  readonly announcedBy: readonly string[];
  /** A clause, for where nobody announces it. */
  readonly whyNot: string;
}

function announcements(
  service: Service,
  pool: MetalLbPool,
  model: Model,
  nodes: Nodes,
): Announcements {
  const { metallb } = model;
  if (metallb.speaker.value === 'calico') return byCalico(service, model);
  const isForIt = (
    one: MetalLbSettings['layer2'][number] | MetalLbSettings['bgpAdvertisements'][number],
  ): boolean => isFor(one, pool) && matchesAny(one.spec.serviceSelectors ?? [], service.labels);
  const layer2 = metallb.layer2.filter(isForIt);
  const byBgp = metallb.bgpAdvertisements.filter(isForIt);
  const announcedBy = [
    ...layer2.flatMap(({ name, spec }) => {
      const from = nodesFrom([spec.nodeSelectors], service, nodes);
      if (from === undefined) return [];
      const links = spec.interfaces === undefined ? '' : ` on ${spec.interfaces.join(', ')}`;
      return `L2Advertisement ${name}: one of ${from} answers${links} by ARP and NDP, to the hosts of its link`;
    }),
    ...byBgp.flatMap((one) => textsOfBgp(one, service, metallb.peers, nodes)),
  ];
  const whyNot =
    layer2.length + byBgp.length === 0
      ? `no advertisement is for pool "${pool.name}" and this Service`
      : 'no node is chosen by the nodeSelectors of an advertisement for it, and of a peer';
  return { announcedBy, whyNot };
}

function byCalico(service: Service, { bgp, groups }: Model): Announcements {
  const whyNot = 'Calico has no peer outside the cluster, add bgp.peers';
  const peers = [...bgp.peers, ...groups.flatMap((group) => group.peers)];
  const routers = [...new Set(peers.map(({ address }) => address))];
  if (routers.length === 0) return { announcedBy: [], whyNot };
  const how = service.isLocal ? 'from the nodes of its pods, one by one' : 'within a whole block';
  return { announcedBy: [`Calico by BGP, ${how}, to ${nameSome(routers)}`], whyNot };
}

/** One text for all peers that the same nodes announce it to. A peer chooses its nodes, too. */
function textsOfBgp(
  { name, spec }: MetalLbSettings['bgpAdvertisements'][number],
  service: Service,
  peers: MetalLbSettings['peers'],
  nodes: Nodes,
): readonly string[] {
  const byNodes = new Map<string, readonly string[]>();
  for (const peer of peers) {
    if ((spec.peers ?? []).length > 0 && spec.peers?.includes(peer.name) !== true) continue;
    const from = nodesFrom([spec.nodeSelectors, peer.spec.nodeSelectors], service, nodes);
    if (from === undefined) continue;
    const to = peer.spec.peerAddress ?? peer.spec.interface ?? '';
    byNodes.set(from, [...(byNodes.get(from) ?? []), to]);
  }
  return [...byNodes].map(([from, to]) => `BGPAdvertisement ${name}: ${from}, to ${nameSome(to)}`);
}

/** The nodes that all of the lists choose; undefined: none. */
function nodesFrom(
  lists: readonly (Parameters<typeof matchesAny>[0] | undefined)[],
  { isLocal }: Service,
  nodes: Nodes,
): string | undefined {
  const asked = lists.flatMap((one) => (one === undefined || one.length === 0 ? [] : [one]));
  if (asked.length === 0) return isLocal ? 'the nodes of its pods' : 'every node';
  if (nodes === undefined) return 'the nodes that nodeSelectors choose';
  const chosen = nodes.filter(({ labels }) => asked.every((one) => matchesAny(one, labels)));
  return chosen.length === 0 ? undefined : nameSome(chosen.map(({ name }) => name));
}
