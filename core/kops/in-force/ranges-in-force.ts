/** The ranges that kops takes where the document has none. */
import { canonicalCidr } from '../../config/net/canonical-cidr.ts';
import { networkText, type JudgedCluster } from '../document/facts.ts';

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
