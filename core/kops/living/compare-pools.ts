/** IPPools and ranges. kops gives both to Calico for the first pool, and changes no pool afterwards. */
import { contains, parseAddress, parseNetwork } from '../../config/net/address.ts';
import type { Network } from '../../config/model.ts';
import type { Part } from '../../platform/cluster/part.ts';
import { isIpv6 } from '../document/facts.ts';
import { calicoInForce } from '../in-force/calico-in-force.ts';
import { nonMasqueradeRange, podRange, rangeInForce } from '../in-force/ranges-in-force.ts';
import { providerSetting, rangeSetting, type Comparing } from './difference.ts';
import type { LivingCluster, LivingPool } from './living-cluster.ts';

/** The pool that calico-node makes from CALICO_IPV4POOL_CIDR: node/pkg/lifecycle/startup. */
const firstPool = 'default-ipv4-ippool';

export function comparePools(comparing: Comparing, pools: LivingCluster['pools']): void {
  if (!pools.isRead) {
    comparing.notCompared.push({ what: 'IPPools', why: pools.why });
    return;
  }
  // An IPv6 cluster of kops has no pool (NO_DEFAULT_POOLS).
  if (isIpv6(comparing.cluster)) return;
  for (const pool of pools.value) {
    const network = parseNetwork(pool.cidr);
    if (!network.ok || network.value.network.family !== 4) continue;
    // A pool that gives no addresses any more is on its way out.
    if (pool.isDisabled) continue;
    const isOfDocument = compareRange(comparing, pool, network.value.network);
    if (isOfDocument) compareModes(comparing, pool);
  }
}

function compareModes(comparing: Comparing, pool: LivingPool): void {
  const wanted = calicoInForce(comparing.cluster);
  const modes = [
    ['ipipMode', wanted.ipip, pool.ipipMode],
    ['vxlanMode', wanted.vxlan, pool.vxlanMode],
  ] as const;
  for (const [field, value, found] of modes) {
    if (value === found) continue;
    comparing.differences.push({
      code: 'kops-live-pool-mode',
      ...modeSetting(comparing, field),
      wanted: value,
      object: `IPPool ${pool.name}`,
      field: `spec.${field}`,
      found,
      wins: 'cluster',
      why: 'kops gives the mode to Calico for a pool that does not exist yet; this one keeps its own',
    });
  }
}

/** A mode that only encapsulationMode sets has its place there. */
function modeSetting({ cluster }: Comparing, field: string): ReturnType<typeof providerSetting> {
  const own = providerSetting(cluster, field);
  if (own.from === 'document') return own;
  const above = providerSetting(cluster, 'encapsulationMode');
  return above.from === 'document' ? { ...own, place: above.place } : own;
}

/** @returns whether it is a pool of the document's range */
function compareRange(comparing: Comparing, pool: LivingPool, network: Network): boolean {
  const { cluster, differences } = comparing;
  const pods = networkOf(podRange(cluster));
  if (pods === undefined || contains(pods, network)) return true;
  const outer = networkOf(nonMasqueradeRange(cluster));
  const isFirst = pool.name === firstPool;
  // A pool that a person added elsewhere is none of kops'.
  if (!isFirst && (outer === undefined || contains(outer, network))) return false;
  const masqueraded =
    outer === undefined || contains(outer, network)
      ? ''
      : `; it also lies outside of ${rangeSetting(cluster, 'nonMasqueradeCIDR').setting} ${outer.cidr}`;
  differences.push({
    code: 'kops-live-range',
    ...rangeSetting(cluster, isFirst ? 'podCIDR' : 'nonMasqueradeCIDR'),
    wanted: (isFirst ? pods : outer)?.cidr ?? '',
    object: `IPPool ${pool.name}`,
    field: 'spec.cidr',
    found: pool.cidr,
    wins: 'cluster',
    why: isFirst
      ? `pods keep the addresses of the pool, while kops gives its range to kube-proxy and the controllers${masqueraded}`
      : 'kops changes no pool, and its other parts treat the addresses as those of strangers',
    ...(isFirst && { breaks: true }),
  });
  return false;
}

/** kube-apiserver gives the first address of the range to Service default/kubernetes. */
export function compareServiceRange(
  { cluster, differences, notCompared }: Comparing,
  service: Part<string | undefined>,
): void {
  if (!service.isRead) {
    notCompared.push({ what: 'the range of Services', why: service.why });
    return;
  }
  const range = networkOf(rangeInForce(cluster, 'serviceClusterIPRange'));
  const address = parseAddress(service.value ?? '');
  if (range === undefined || !address.ok || contains(range, address.value)) return;
  differences.push({
    code: 'kops-live-range',
    ...rangeSetting(cluster, 'serviceClusterIPRange'),
    wanted: range.cidr,
    object: 'Service default/kubernetes',
    field: 'spec.clusterIP',
    found: address.value.address,
    wins: 'document',
    why: 'kops gives the range to kube-apiserver; existing Services keep addresses that nobody routes then',
    breaks: true,
  });
}

function networkOf(cidr: string | undefined): Network | undefined {
  const parsed = parseNetwork(cidr ?? '');
  return parsed.ok ? parsed.value.network : undefined;
}
