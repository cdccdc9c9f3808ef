/** All rules for one cluster document: what kops refuses, what it drops in silence, what breaks. */
import { gatherFindings } from '../../findings.ts';
import type { Issue } from '../../issue.ts';
import { kubernetesOf, providersOf, type JudgedCluster } from '../document/facts.ts';
import { entryAt, readClusters, valueAt, type KopsCluster } from '../document/read-clusters.ts';
import { checkVersions, targetOf } from '../versions.ts';
import { checkCalico } from './check-calico.ts';
import { checkCilium } from './check-cilium.ts';
import { checkFields } from './check-fields.ts';
import { checkKubeProxy } from './check-kube-proxy.ts';
import { checkNetworking } from './check-networking.ts';
import { checkPlaces } from './check-places.ts';
import { checkProviders } from './check-providers.ts';
import { checkRanges } from './check-ranges.ts';

/** Versions that the user named, as minor numbers. */
export interface NamedVersions {
  readonly kops?: number;
  readonly kubernetes?: number;
}

export interface CheckedText {
  readonly clusters: readonly JudgedCluster[];
  readonly issues: readonly Issue[];
}

/** Checks all clusters of a text. */
export function checkText(text: string, versions: NamedVersions): CheckedText {
  const read = readClusters(text);
  const clusters = read.clusters.map((cluster) => judge(cluster, versions));
  return { clusters, issues: [...read.issues, ...clusters.flatMap(checkCluster)] };
}

export function judge(cluster: KopsCluster, versions: NamedVersions): JudgedCluster {
  return { ...cluster, target: targetOf(versions, kubernetesOf(cluster)) };
}

export function checkCluster(cluster: JudgedCluster): readonly Issue[] {
  const spec = valueAt(cluster, ['spec']);
  const findings = gatherFindings();
  if (spec?.kind !== 'map') {
    findings.error(cluster.root.place, 'kops-no-spec', 'the cluster has no spec');
    return findings.issues;
  }
  const version = entryAt(cluster, ['spec', 'kubernetesVersion'])?.value.place;
  findings.add(checkVersions(cluster.target, version ?? spec.place));
  checkPlaces(cluster, findings);
  checkNetworking(cluster, findings);
  checkProviders(cluster, findings);
  const found = providersOf(cluster);
  for (const { provider, entry } of found) checkFields(cluster, provider.fields, entry, findings);
  checkKubeProxy(cluster, findings);
  checkCalico(cluster, findings);
  checkCilium(cluster, findings);
  checkRanges(cluster, findings);
  return findings.issues;
}
