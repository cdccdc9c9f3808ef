/**
 * The fields of a BGPConfiguration. Sources: api/pkg/apis/projectcalico/v3/bgpconfig.go,
 * libcalico-go/lib/clientv3/bgpconfig.go.
 */
import type { Bgp, Network, Sourced } from '../config/model.ts';
import {
  anyAsNumber,
  cidrs,
  flag,
  wholeNumber,
  type Cidrs,
  type FieldTable,
  type OtherField,
} from './field.ts';

/** The AS number of nodes for which neither the Node nor the BGPConfiguration names one. */
export const usualAsNumber = 64_512;

/** The port at which nodes take BGP connections unless the BGPConfiguration names one. */
export const usualListenPort = 179;

export interface BGPConfigurationSpec {
  readonly asNumber?: number;
  readonly nodeToNodeMeshEnabled?: boolean;
  readonly listenPort?: number;
  readonly serviceClusterIPs?: Cidrs;
  readonly serviceExternalIPs?: Cidrs;
  readonly serviceLoadBalancerIPs?: Cidrs;
}

/** The fields of `bgp:` that have a value with a place. */
export type BgpSetting = Exclude<keyof Bgp, 'peers' | 'peering'>;

export const bgpConfigurationFields: FieldTable<BGPConfigurationSpec, Bgp, BgpSetting> = {
  asNumber: {
    setting: 'asNumber',
    read: anyAsNumber,
    render: ({ asNumber }) => asNumber?.value,
    defaultOf: () => usualAsNumber,
  },
  nodeToNodeMeshEnabled: {
    setting: 'nodeToNodeMesh',
    read: flag,
    render: ({ nodeToNodeMesh }) => nodeToNodeMesh?.value,
    defaultOf: () => true,
  },
  listenPort: {
    setting: 'listenPort',
    read: wholeNumber,
    render: ({ listenPort }) => listenPort?.value,
    defaultOf: () => usualListenPort,
  },
  serviceClusterIPs: {
    setting: 'serviceClusterIPs',
    read: cidrs,
    render: ({ serviceClusterIPs }) => networks(serviceClusterIPs),
    defaultOf: () => [],
  },
  serviceExternalIPs: {
    setting: 'serviceExternalIPs',
    read: cidrs,
    render: ({ serviceExternalIPs }) => networks(serviceExternalIPs),
    defaultOf: () => [],
  },
  serviceLoadBalancerIPs: {
    setting: 'serviceLoadBalancerIPs',
    read: cidrs,
    render: ({ serviceLoadBalancerIPs }) => networks(serviceLoadBalancerIPs),
    defaultOf: () => [],
  },
};

/** Fields that a NetworkConfig does not have, with Calico's defaults. */
export const otherBgpConfigurationFields: Readonly<Record<string, OtherField>> = {
  bindMode: { default: 'None' },
  logSeverityScreen: { default: 'Info' },
  serviceLoadBalancerAggregation: { default: 'Enabled', isWrittenIntoNew: true },
};

function networks(list: Sourced<readonly Sourced<Network>[]> | undefined): Cidrs | undefined {
  return list?.value.map(({ value }) => ({ cidr: value.cidr }));
}
