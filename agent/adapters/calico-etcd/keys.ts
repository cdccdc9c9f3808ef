/**
 * The keys of Calico's objects and of ours in etcd. Sources:
 * libcalico-go/lib/backend/model/{resource,block,block_affinity}.go.
 */
import { resourceKinds } from '../../../core/calico/resource.ts';

const resources = '/calico/resources/v3/projectcalico.org/';

const plurals = {
  BGPConfiguration: 'bgpconfigurations',
  BGPFilter: 'bgpfilters',
  BGPPeer: 'bgppeers',
  IPPool: 'ippools',
  Node: 'nodes',
} as const;

export type StoredKind = keyof typeof plurals;

/** The object that Calico's own components make when they first use a datastore. */
export const clusterInformationKey = `${resources}clusterinformations/default`;

export const felixPrefix = `${resources}felixconfigurations/`;

export const blocksPrefix = '/calico/ipam/v2/assignment/';

export const hostsPrefix = '/calico/ipam/v2/host/';

/**
 * The handles, with the number of their addresses in each block:
 * libcalico-go/lib/backend/model/ipam_handle.go.
 */
export const handlesPrefix = '/calico/ipam/v2/handle/';

/** A node's claims to blocks, each at the rest of the block's key. */
export function affinitiesPrefix(node: string): string {
  return `${hostsPrefix}${node}/`;
}

/** Bound to the etcd lease of the agent that has the writer lease; the value is its node's name. */
export const holderKey = '/calico/calico-agent/v1/holder';
/** A WriterRecord. */
export const writerRecordKey = '/calico/calico-agent/v1/share';

export function kindPrefix(kind: StoredKind): string {
  return `${resources}${plurals[kind]}/`;
}

/** Takes the name unescaped, as libcalico-go does, because Kubernetes' names need no escaping. */
export function keyOf(kind: StoredKind, name: string): string {
  return kindPrefix(kind) + name;
}

export interface NamedObject {
  readonly kind: StoredKind;
  readonly name: string;
}

export function objectOf(key: string): NamedObject | undefined {
  const kinds: readonly StoredKind[] = [...resourceKinds, 'BGPFilter', 'Node'];
  const kind = kinds.find((one) => key.startsWith(kindPrefix(one)));
  return kind === undefined ? undefined : { kind, name: key.slice(kindPrefix(kind).length) };
}

/** The fleet reports, each at its node's name, bound to an etcd lease. */
export const fleetReportsPrefix = '/calico/calico-agent/v1/fleet/nodes/';
/**
 * The summaries of the reports, each at the digest of the configuration, bound to an etcd lease.
 */
export const fleetSummariesPrefix = '/calico/calico-agent/v1/fleet/summaries/';
