/** The ranges that kops takes where the document has none. */
import { addressOf, bitsOf, networkOf, parseNetwork } from '../../config/net/address.ts';
import { canonicalCidr } from '../../config/net/canonical-cidr.ts';
import { networkText, providerOf, type JudgedCluster } from '../document/facts.ts';

/** upup/pkg/fi/cloudup/defaults.go and pkg/model/components/context.go. */
export const defaultRanges: Readonly<Record<string, string>> = {
  nonMasqueradeCIDR: '100.64.0.0/10',
  podCIDR: '100.96.0.0/11',
  serviceClusterIPRange: '100.64.0.0/13',
};

/** undefined: kops derives it from another nonMasqueradeCIDR. */
export function rangeInForce(cluster: JudgedCluster, name: string): string | undefined {
  const given = networkText(cluster, name);
  if (given !== undefined) return canonicalCidr(given);
  const base = networkText(cluster, 'nonMasqueradeCIDR') ?? defaultRanges['nonMasqueradeCIDR'];
  return base === defaultRanges['nonMasqueradeCIDR'] ? defaultRanges[name] : undefined;
}

/** undefined: it is no range. With amazonvpc kops takes the cloud's own range. */
export function nonMasqueradeRange(cluster: JudgedCluster): string | undefined {
  const name = providerOf(cluster)?.provider.key === 'amazonvpc' ? 'networkCIDR' : undefined;
  return rangeInForce(cluster, name ?? 'nonMasqueradeCIDR');
}

/**
 * The range of pods, also where kops derives it: the upper half of nonMasqueradeCIDR, for IPv4
 * (assignSubnets in upup/pkg/fi/cloudup/populate_cluster_spec.go of 1.36).
 */
export function podRange(cluster: JudgedCluster): string | undefined {
  const known = rangeInForce(cluster, 'podCIDR');
  if (known !== undefined) return known;
  const base = parseNetwork(nonMasqueradeRange(cluster) ?? '');
  if (!base.ok || base.value.network.family !== 4) return undefined;
  const { address, prefixLength } = base.value.network;
  if (prefixLength === 32) return undefined;
  const start = bitsOf(address) + (1n << BigInt(31 - prefixLength));
  return networkOf({ family: 4, address: addressOf(start, 4) }, prefixLength + 1).cidr;
}
