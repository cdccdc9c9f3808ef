/** The facts about a cluster that the rules need: versions, cloud, provider. */
import type { Located, LocatedEntry } from '../../config/yaml/located.ts';
import { entriesOf, fieldsOf, textOf } from '../../config/yaml/read-values.ts';
import { networkPath, providerKey } from '../table/api-version.ts';
import type { KopsProvider } from '../table/provider.ts';
import { kopsProviders } from '../table/providers.ts';
import { minorOf, type KopsTarget } from '../versions.ts';
import { valueAt, type KopsCluster } from './read-clusters.ts';

/** A cluster, and the versions that it is judged by. */
export interface JudgedCluster extends KopsCluster {
  readonly target: KopsTarget;
}

export interface FoundProvider {
  readonly provider: KopsProvider;
  readonly entry: LocatedEntry;
}

/** The minor number of spec.kubernetesVersion. */
export function kubernetesOf(cluster: KopsCluster): number | undefined {
  return minorOf(textOf(valueAt(cluster, ['spec', 'kubernetesVersion']))?.value ?? '');
}

/** `aws`: a text in v1alpha2, a mapping with one key in v1alpha3. */
export function cloudOf(cluster: KopsCluster): string | undefined {
  const node = valueAt(cluster, ['spec', 'cloudProvider']);
  return textOf(node)?.value ?? entriesOf(node)[0]?.key;
}

/** spec.nonMasqueradeCIDR is an IPv6 range: then kops makes an IPv6 cluster. */
export function isIpv6(cluster: JudgedCluster): boolean {
  return networkText(cluster, 'nonMasqueradeCIDR')?.includes(':') === true;
}

/** @param name the v1alpha2 name of a field of the network */
export function networkValue(cluster: JudgedCluster, name: string): Located | undefined {
  return valueAt(cluster, networkPath(name, cluster.api, cluster.target.kops));
}

export function networkText(cluster: JudgedCluster, name: string): string | undefined {
  return textOf(networkValue(cluster, name))?.value;
}

/** The providers that the document names, also without a value. */
export function providersOf(cluster: JudgedCluster): readonly FoundProvider[] {
  return entriesOf(valueAt(cluster, ['spec', 'networking'])).flatMap((entry) => {
    const provider = providerByKey(entry.key, cluster);
    return provider === undefined ? [] : [{ provider, entry }];
  });
}

/** The one provider of a document; undefined where there is none, or several. */
export function providerOf(cluster: JudgedCluster): FoundProvider | undefined {
  const found = providersOf(cluster).filter(({ entry }) => !isLeftOut(entry.value));
  return found.length === 1 ? found[0] : undefined;
}

export function providerByKey(
  key: string,
  { api, target }: Pick<JudgedCluster, 'api' | 'target'>,
): KopsProvider | undefined {
  return kopsProviders.find((provider) => providerKey(provider, api, target.kops) === key);
}

/** `calico:` and `calico: null`, which kops reads as nothing. */
export function isLeftOut(value: Located): boolean {
  return value.kind === 'scalar' && value.value === null;
}

/** spec.kubeProxy.enabled; undefined: left out, then kops runs kube-proxy. */
export function kubeProxyEnabled(cluster: KopsCluster): boolean | undefined {
  const node = fieldsOf(valueAt(cluster, ['spec', 'kubeProxy'])).get('enabled');
  return node?.kind === 'scalar' && typeof node.value === 'boolean' ? node.value : undefined;
}

/** spec.topology; masters and nodes until kops 1.25, after that the types of the subnets. */
export function isPrivate(cluster: JudgedCluster): boolean {
  const topology = entriesOf(networkValue(cluster, 'topology'));
  return topology.some(
    ({ key, value }) =>
      (key === 'masters' || key === 'nodes') &&
      value.kind === 'scalar' &&
      value.value === 'private',
  );
}
