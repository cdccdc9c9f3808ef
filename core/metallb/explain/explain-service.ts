/** What a Service gets of MetalLB: its address, who announces it, and to whom; or why it stays pending. */
import { isFor } from '../../config/metallb/advertised.ts';
import type { MetalLbPool, MetalLbSettings } from '../../config/metallb/settings.ts';
import { matchesAny } from '../../config/metallb/values/label-selector.ts';
import type { NetworkModel } from '../../config/model.ts';
import type { NodeFacts } from '../../facts/facts.ts';
import { nameSome } from '../../name-some.ts';
import { allocate, holds } from './allocation.ts';
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

/** @param nodes absent: which nodes announce it is not said */
export function explainService(
  service: Service,
  model: Pick<NetworkModel, 'bgp' | 'groups'> & { readonly metallb: MetalLbSettings },
  listed: ListedServices,
  nodes?: readonly NodeFacts[],
): ExplainedService {
  const head = { service: `${service.namespace}/${service.name}`, has: service.addresses };
  const nothing = { ...head, gets: [], announcedBy: [] };
  const notOurs = whyNotOurs(service);
  if (notOurs !== undefined) return { ...nothing, state: 'not-ours', why: [notOurs] };
  const { pools } = model.metallb;
  const kept = keptPool(service, pools);
  const allocation =
    kept === undefined
      ? allocate(service, pools, listed)
      : ({ ok: true, pool: kept, addresses: service.addresses } as const);
  const lost =
    service.addresses.length > 0 && kept === undefined
      ? [`it loses ${service.addresses.join(', ')}: ${whyLost(service, pools)}`]
      : [];
  if (!allocation.ok) return { ...nothing, state: 'pending', why: [...lost, ...allocation.why] };
  const { pool, addresses } = allocation;
  const announcedBy = announcements(service, pool, model, nodes);
  const unannounced =
    announcedBy.length > 0
      ? []
      : [
          `no advertisement is for pool "${pool.name}" and this Service: the address is allocated, not announced`,
        ];
  return {
    ...head,
    state: announcedBy.length > 0 ? 'announced' : 'allocated',
    gets: addresses,
    pool: pool.name,
    announcedBy,
    why: [...lost, ...unannounced],
  };
}

function whyNotOurs({ isLoadBalancer, loadBalancerClass }: Service): string | undefined {
  if (!isLoadBalancer) return 'its type is not LoadBalancer';
  return loadBalancerClass === undefined
    ? undefined
    : `its loadBalancerClass is "${loadBalancerClass}": MetalLB answers only if its --lb-class is the same`;
}

/** The pool whose addresses the Service has and keeps. */
function keptPool(service: Service, pools: readonly MetalLbPool[]): MetalLbPool | undefined {
  const { addresses, wanted, wantedPool } = service;
  if (addresses.length === 0) return undefined;
  if (wanted.length > 0 && [...wanted].toSorted().join() !== [...addresses].toSorted().join()) {
    return undefined;
  }
  return pools.find(
    (pool) =>
      addresses.every((address) => holds(pool, address)) &&
      (wantedPool === undefined || wantedPool === pool.name),
  );
}

function whyLost({ addresses }: Service, pools: readonly MetalLbPool[]): string {
  const isThere = pools.some((pool) => addresses.every((one) => holds(pool, one)));
  return isThere ? 'it asks for another one' : 'no pool of the document has it';
}

function announcements(
  service: Service,
  pool: MetalLbPool,
  {
    metallb,
    bgp,
    groups,
  }: Pick<NetworkModel, 'bgp' | 'groups'> & { readonly metallb: MetalLbSettings },
  nodes: readonly NodeFacts[] | undefined,
): readonly string[] {
  if (metallb.speaker.value === 'calico') {
    const peers = [...bgp.peers, ...groups.flatMap((group) => group.peers)];
    const routers = [...new Set(peers.map(({ address }) => address))];
    if (routers.length === 0) return [];
    const how = service.isLocal ? 'from the nodes of its pods, one by one' : 'within a whole block';
    return [`Calico by BGP, ${how}, to ${nameSome(routers)}`];
  }
  const from = (selectors: Parameters<typeof matchesAny>[0] = []): string => {
    if (selectors.length === 0) return service.isLocal ? 'the nodes of its pods' : 'every node';
    if (nodes === undefined) return 'the nodes that nodeSelectors choose';
    const chosen = nodes.filter(({ labels }) => matchesAny(selectors, labels));
    return chosen.length === 0 ? 'no node' : nameSome(chosen.map(({ name }) => name));
  };
  const isForService = (selectors: Parameters<typeof matchesAny>[0] = []): boolean =>
    matchesAny(selectors, service.labels);
  const layer2 = metallb.layer2
    .filter((one) => isFor(one, pool) && isForService(one.spec.serviceSelectors))
    .map(({ name, spec }) => {
      const links = spec.interfaces === undefined ? '' : ` on ${spec.interfaces.join(', ')}`;
      return `L2Advertisement ${name}: one of ${from(spec.nodeSelectors)} answers${links} by ARP and NDP, to the hosts of its link`;
    });
  const byBgp = metallb.bgpAdvertisements
    .filter((one) => isFor(one, pool) && isForService(one.spec.serviceSelectors))
    .flatMap(({ name, spec }) => {
      const peers = metallb.peers.filter(
        (peer) => !spec.peers?.length || spec.peers.includes(peer.name),
      );
      if (peers.length === 0) return [];
      const to = peers.map(({ spec: one }) => one.peerAddress ?? one.interface ?? '');
      return [`BGPAdvertisement ${name}: ${from(spec.nodeSelectors)}, to ${nameSome(to)}`];
    });
  return [...layer2, ...byBgp];
}
