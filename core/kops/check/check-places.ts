/** Fields of the network at the place of the other API version, or in another spelling. */
import type { Findings } from '../../findings.ts';
import { entriesOf } from '../../config/yaml/read-values.ts';
import type { JudgedCluster } from '../document/facts.ts';
import { entryAt, valueAt } from '../document/read-clusters.ts';
import { firstWithV3, hasRangesInNetworking, movedFields } from '../table/api-version.ts';

export function checkPlaces(cluster: JudgedCluster, findings: Findings): void {
  const { api, target } = cluster;
  if (api === 3 && target.kops < firstWithV3) {
    const place = entryAt(cluster, ['apiVersion'])?.value.place ?? cluster.root.place;
    const message = `kops 1.${target.kops} does not read v1alpha3, which came with 1.${firstWithV3}`;
    findings.error(
      place,
      'kops-api-version',
      message,
      'write the document in kops.k8s.io/v1alpha2',
    );
  }
  const isInside = hasRangesInNetworking(api, target.kops);
  checkSpec(cluster, isInside, findings);
  if (isInside) return;
  for (const { key, keyPlace } of entriesOf(valueAt(cluster, ['spec', 'networking']))) {
    const name = nameBeside(key);
    if (name === undefined) continue;
    const message = `kops does not read ${key} below networking in this document, and drops it`;
    findings.error(keyPlace, 'kops-wrong-place', message, `write it as spec.${name}`);
  }
}

function checkSpec(cluster: JudgedCluster, isInside: boolean, findings: Findings): void {
  const names = Object.keys(movedFields);
  for (const { key, keyPlace } of entriesOf(valueAt(cluster, ['spec']))) {
    if (names.includes(key)) {
      if (!isInside) continue;
      const message = `kops 1.${cluster.target.kops} does not read spec.${key} in v1alpha3, and drops it`;
      const hint = `write it as spec.networking.${movedFields[key] ?? key}`;
      findings.error(keyPlace, 'kops-wrong-place', message, hint);
      continue;
    }
    const meant = [...names, 'networking', 'kubeProxy', 'kubernetesVersion', 'cloudProvider'].find(
      (name) => name !== key && name.toLowerCase() === key.toLowerCase(),
    );
    if (meant === undefined) continue;
    findings.error(
      keyPlace,
      'kops-wrong-case',
      `kops reads "${meant}", not "${key}", and drops it`,
      `write ${meant}`,
    );
  }
}

/** The name beside networking of a field that is written below it. */
function nameBeside(key: string): string | undefined {
  if (Object.hasOwn(movedFields, key)) return key;
  return Object.entries(movedFields).find(([, moved]) => moved === key)?.[0];
}
