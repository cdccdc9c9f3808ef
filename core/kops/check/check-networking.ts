/** The keys of spec.networking: exactly one provider, and in v1alpha3 the ranges beside it. */
import type { Findings } from '../../findings.ts';
import type { LocatedEntry } from '../../config/yaml/located.ts';
import { entriesOf } from '../../config/yaml/read-values.ts';
import { nameSome } from '../../name-some.ts';
import { nearestName } from '../../nearest-name.ts';
import { isLeftOut, providerByKey, providersOf, type JudgedCluster } from '../document/facts.ts';
import { entryAt, valueAt } from '../document/read-clusters.ts';
import { hasRangesInNetworking, movedFields, providerKey } from '../table/api-version.ts';
import { kopsProviders } from '../table/providers.ts';

export function checkNetworking(cluster: JudgedCluster, findings: Findings): void {
  const networking = entryAt(cluster, ['spec', 'networking']);
  const spec = valueAt(cluster, ['spec']);
  const place = networking?.keyPlace ?? spec?.place ?? cluster.root.place;
  if (networking !== undefined && networking.value.kind !== 'map' && !isLeftOut(networking.value)) {
    const hint = 'write the provider as a mapping below it: networking: { calico: {} }';
    findings.error(networking.value.place, 'kops-value-type', 'networking is a mapping', hint);
    return;
  }
  const found = providersOf(cluster);
  if (found.length === 0) {
    const hint = `write one of ${nameSome(validKeys(cluster))}, as networking: { calico: {} }`;
    findings.error(place, 'kops-no-provider', 'spec.networking names no provider', hint);
  }
  const given = found.filter(({ entry }) => !isLeftOut(entry.value));
  if (given.length > 1) {
    const names = given.map(({ entry }) => entry.key).sort();
    const message = `only one provider is permitted, found ${names.join(', ')}`;
    for (const { entry } of given) {
      findings.error(entry.keyPlace, 'kops-two-providers', message, 'keep the one in use');
    }
  }
  for (const entry of entriesOf(networking?.value)) checkKey(cluster, entry, findings);
}

function checkKey(cluster: JudgedCluster, entry: LocatedEntry, findings: Findings): void {
  const { key, keyPlace, value } = entry;
  const { api, target } = cluster;
  if (providerByKey(key, cluster) !== undefined) {
    if (isLeftOut(value)) {
      const message = `"${key}" has no value, so kops reads no provider`;
      findings.error(keyPlace, 'kops-provider-empty', message, `write ${key}: {}`);
    } else if (value.kind !== 'map') {
      findings.error(value.place, 'kops-value-type', `"${key}" is a mapping`, `write ${key}: {}`);
    }
    return;
  }
  // checkPlaces reports the fields that belong beside networking.
  if (Object.hasOwn(movedFields, key)) return;
  if (hasRangesInNetworking(api, target.kops) && isOtherNetworkField(key)) return;
  const other = kopsProviders.find((row) => row.key === key || row.v3.some((v3) => v3.key === key));
  const meant = other && providerKey(other, api, target.kops);
  if (meant !== undefined) {
    const message = `v1alpha${api} of kops 1.${target.kops} does not have "${key}", and drops it`;
    findings.error(keyPlace, 'kops-other-api', message, `write ${meant}`);
    return;
  }
  if (other !== undefined) {
    const message = `v1alpha3 does not have the provider "${key}", and drops it`;
    findings.error(
      keyPlace,
      'kops-other-api',
      message,
      `take ${other.instead ?? 'another provider'}`,
    );
    return;
  }
  const near = nearestName(key, validKeys(cluster));
  const wrong = near?.toLowerCase() === key.toLowerCase();
  const hint =
    near === undefined
      ? `take it out; providers are ${nameSome(validKeys(cluster))}`
      : `did you mean "${near}"?`;
  const message = wrong
    ? `kops reads "${near}", not "${key}", and drops it`
    : `kops does not know the provider "${key}", and drops it`;
  findings.error(keyPlace, wrong ? 'kops-wrong-case' : 'kops-unknown-field', message, hint);
}

function isOtherNetworkField(key: string): boolean {
  return key === 'tagSubnets' || Object.values(movedFields).includes(key);
}

function validKeys({ api, target }: JudgedCluster): readonly string[] {
  return kopsProviders.flatMap((provider) => {
    const key = providerKey(provider, api, target.kops);
    return key === undefined || provider.since > target.kops ? [] : [key];
  });
}
