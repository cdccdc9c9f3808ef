/** Fields of Calico's objects that a NetworkConfig has no word for. */
import { isMap, valueAt } from '../../input/plain-data.ts';
import { ourFields } from '../../plan/diff/calico-defaults.ts';
import type { ResourceKind } from '../../render/desired.ts';
import { fieldText } from './left-out.ts';

/**
 * Values that say nothing, because they are Calico's own defaults, which calicoctl and servers
 * fill in. Sources: api/pkg/apis/projectcalico/v3/{bgppeer,bgpconfig,ippool}.go,
 * libcalico-go/lib/clientv3/ippool.go.
 */
const silent: Readonly<Record<ResourceKind, Readonly<Record<string, string>>>> = {
  BGPPeer: {
    keepOriginalNextHop: 'false',
    nextHopMode: '"Auto"',
    reversePeering: '"Auto"',
    sourceAddress: '"UseNodeIP"',
    ttlSecurity: '0',
  },
  BGPConfiguration: {
    bindMode: '"None"',
    logSeverityScreen: '"Info"',
    serviceLoadBalancerAggregation: '"Enabled"',
  },
  IPPool: {
    allowedUses: '["Workload","Tunnel"]',
    disableBGPExport: 'false',
    namespaceSelector: '"all()"',
  },
};

/** As texts, sorted: `filters ["no-default"]`. */
export function leftOutFields(kind: ResourceKind, document: unknown): readonly string[] {
  const spec = valueAt(document, 'spec');
  if (!isMap(spec)) return [];
  const known = new Set(ourFields[kind]);
  return Object.entries(spec)
    .filter(([field, value]) => !known.has(field) && saysSomething(value))
    .filter(([field, value]) => silent[kind][field] !== JSON.stringify(value))
    .map(([field, value]) => fieldText(field, value))
    .sort();
}

function saysSomething(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
