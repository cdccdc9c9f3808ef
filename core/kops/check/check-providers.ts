/** Whether this kops takes the provider for this Kubernetes, on this cloud. */
import type { Findings } from '../../findings.ts';
import {
  cloudOf,
  isIpv6,
  isPrivate,
  providersOf,
  type FoundProvider,
  type JudgedCluster,
} from '../document/facts.ts';
import { providerKey } from '../table/api-version.ts';
import { refusalOf, type KopsProvider, type Refusal } from '../table/provider.ts';
import { providerNamed } from '../table/providers.ts';

export function checkProviders(cluster: JudgedCluster, findings: Findings): void {
  for (const found of providersOf(cluster)) checkProvider(cluster, found, findings);
}

/** Before 1.23 only some providers were refused in IPv6 clusters, which were an experiment. */
const firstWithIpv6Rules = 23;

function checkProvider(
  cluster: JudgedCluster,
  { provider, entry }: FoundProvider,
  findings: Findings,
): void {
  const { keyPlace, key } = entry;
  const { target } = cluster;
  if (provider.since > target.kops) {
    const message = `kops 1.${target.kops} does not know ${provider.title}, which came with 1.${provider.since}, and drops it`;
    const hint = `upgrade kops to 1.${provider.since} or newer, or take another provider`;
    findings.error(keyPlace, 'kops-provider-since', message, hint);
    return;
  }
  const refusal = refusalOf(provider, target);
  if (refusal !== undefined) {
    const message = `kops 1.${target.kops} refuses ${provider.title}${whenText(refusal)}`;
    findings.error(keyPlace, 'kops-provider-unsupported', message, insteadText(cluster, provider));
  }
  const cloud = cloudOf(cluster);
  if (provider.cloud !== undefined && cloud !== undefined && cloud !== provider.cloud) {
    const message = `${provider.title} works on ${provider.cloud.toUpperCase()} only, and this cluster is on ${cloud}`;
    findings.error(
      keyPlace,
      'kops-provider-cloud',
      message,
      'take another provider, such as calico or cilium',
    );
  }
  if (provider.isIpv4Only === true && isIpv6(cluster) && target.kops >= firstWithIpv6Rules) {
    const message = `${provider.title} does not support IPv6, and nonMasqueradeCIDR is an IPv6 range`;
    findings.error(keyPlace, 'kops-provider-ipv6', message, 'take calico or cilium');
  }
  if (key === 'kubenet' && isPrivate(cluster)) {
    const message = 'kubenet needs one routing table, and private topology has one for each zone';
    const hint = 'kops refuses this when it creates a cluster; take a CNI provider, such as calico';
    findings.warning(keyPlace, 'kops-kubenet-private', message, hint);
  }
}

function whenText({ kubernetesFrom, kubernetesBefore }: Refusal): string {
  if (kubernetesFrom !== undefined) return ` for Kubernetes 1.${kubernetesFrom} and newer`;
  if (kubernetesBefore !== undefined) return ` for Kubernetes older than 1.${kubernetesBefore}`;
  return '';
}

function insteadText(cluster: JudgedCluster, { became, instead }: KopsProvider): string {
  const other = instead === undefined ? undefined : providerNamed(instead);
  const key = other && providerKey(other, cluster.api, cluster.target.kops);
  const why = became === undefined ? '' : `${became}; `;
  return key === undefined
    ? `${why}upgrade Kubernetes`
    : `${why}take ${key}: calico-agent kops edit FILE --networking ${other?.flags[0]?.value ?? key}`;
}
