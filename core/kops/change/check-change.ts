/**
 * What differs between the document in force and the new one. kops compares only etcd clusters
 * (pkg/apis/kops/validation/cluster.go), so it lets every change of the network through.
 */
import { gatherFindings, type Findings } from '../../findings.ts';
import type { Issue, Place } from '../../issue.ts';
import { rangeInForce } from '../in-force/ranges-in-force.ts';
import { canonicalCidr } from '../../config/net/canonical-cidr.ts';
import { fieldsOf, itemsOf, scalarOf, textOf } from '../../config/yaml/read-values.ts';
import {
  kubeProxyEnabled,
  networkText,
  networkValue,
  providerOf,
  type FoundProvider,
  type JudgedCluster,
} from '../document/facts.ts';
import { entryAt } from '../document/read-clusters.ts';
import { networkPath } from '../table/api-version.ts';
import { calicoInForce } from '../in-force/calico-in-force.ts';
import { transitionBetween } from './transitions.ts';

/** @returns errors for changes that break a running cluster, warnings for those that disturb it */
export function checkChange(before: JudgedCluster, after: JudgedCluster): readonly Issue[] {
  const findings = gatherFindings();
  checkProviderChange(before, after, findings);
  for (const name of rangeNames) checkRangeChange(before, after, name, findings);
  checkSubnetChange(before, after, findings);
  checkCiliumChange(before, after, findings);
  checkCalicoChange(before, after, findings);
  checkProxyChange(before, after, findings);
  return findings.issues;
}

const acceptHint = 'if the cluster is not created yet, or may lose its network: --accept-loss';

function placeOf(after: JudgedCluster, path: readonly string[]): Place {
  return (
    entryAt(after, path)?.keyPlace ??
    entryAt(after, ['spec', 'networking'])?.keyPlace ??
    after.root.place
  );
}

function checkProviderChange(
  before: JudgedCluster,
  after: JudgedCluster,
  findings: Findings,
): void {
  const [old, made] = [providerOf(before), providerOf(after)];
  if (old === undefined || made === undefined || old.provider === made.provider) return;
  const transition = transitionBetween(old.provider.key, made.provider.key);
  const place = made.entry.keyPlace;
  const message = `the provider changes from ${old.provider.title} to ${made.provider.title}: ${transition.effect}`;
  if (transition.isPlanned)
    findings.warning(
      place,
      'kops-change-provider',
      message,
      'calico-agent kops explain FILE --before OLD lists the steps',
    );
  else findings.error(place, 'kops-change-provider', message, acceptHint);
}

const rangeNames = [
  'networkCIDR',
  'networkID',
  'nonMasqueradeCIDR',
  'podCIDR',
  'serviceClusterIPRange',
] as const;

const whatBreaks: Readonly<Record<string, string>> = {
  networkCIDR: 'kops cannot move a cluster to another cloud network',
  networkID: 'kops cannot move a cluster to another cloud network',
  nonMasqueradeCIDR:
    'running pods and Services keep their addresses, which new nodes then masquerade',
  podCIDR: 'pods keep their old addresses, and the routes and IP pools no longer match',
  serviceClusterIPRange:
    'existing Services keep their addresses, and certificates and DNS no longer match',
};

function checkRangeChange(
  before: JudgedCluster,
  after: JudgedCluster,
  name: string,
  findings: Findings,
): void {
  const [old, made] = [rangeInForce(before, name), rangeInForce(after, name)];
  if (old === made || (old === undefined && networkText(before, name) === undefined)) return;
  const message = `${name} changes from ${old ?? 'the default'} to ${made ?? 'the default'}: ${whatBreaks[name] ?? ''}`;
  findings.error(
    placeOf(after, networkPath(name, after.api, after.target.kops)),
    'kops-change-range',
    message,
    acceptHint,
  );
}

function checkSubnetChange(before: JudgedCluster, after: JudgedCluster, findings: Findings): void {
  const made = subnetsOf(after);
  for (const [name, { cidr }] of subnetsOf(before)) {
    const now = made.get(name);
    if (now === undefined || cidr === undefined || now.cidr === undefined) continue;
    if (canonicalCidr(cidr) === canonicalCidr(now.cidr)) continue;
    const message = `subnet "${name}" changes from ${cidr} to ${now.cidr}: clouds cannot change the range of a subnet`;
    findings.error(
      now.place,
      'kops-change-range',
      message,
      `add a subnet with another name, move the instance groups there; ${acceptHint}`,
    );
  }
}

interface Subnet {
  readonly cidr: string | undefined;
  readonly place: Place;
}

function subnetsOf(cluster: JudgedCluster): ReadonlyMap<string, Subnet> {
  const subnets = itemsOf(networkValue(cluster, 'subnets')).map((item) => {
    const fields = fieldsOf(item);
    const cidr = textOf(fields.get('cidr'));
    const place = cidr?.place ?? item.place;
    return [textOf(fields.get('name'))?.value ?? '', { cidr: cidr?.value, place }] as const;
  });
  return new Map(subnets);
}

function same(
  key: string,
  before: JudgedCluster,
  after: JudgedCluster,
): [FoundProvider, FoundProvider] | undefined {
  const [old, made] = [providerOf(before), providerOf(after)];
  return old?.provider.key === key && made?.provider.key === key ? [old, made] : undefined;
}

function checkCiliumChange(before: JudgedCluster, after: JudgedCluster, findings: Findings): void {
  const both = same('cilium', before, after);
  if (both === undefined) return;
  const [old, made] = both.map(({ entry }) => fieldsOf(entry.value));
  for (const [name, initial] of [
    ['ipam', 'kubernetes'],
    ['tunnel', 'vxlan'],
  ] as const) {
    const was = textOf(old?.get(name))?.value ?? initial;
    const is = textOf(made?.get(name))?.value ?? initial;
    if (was === is) continue;
    const place = made?.get(name)?.place ?? both[1].entry.keyPlace;
    const message = `cilium's ${name} changes from ${was} to ${is}: pods on nodes of before and after do not reach each other`;
    findings.error(place, 'kops-change-cilium', message, acceptHint);
  }
}

function checkCalicoChange(before: JudgedCluster, after: JudgedCluster, findings: Findings): void {
  const both = same('calico', before, after);
  if (both === undefined) return;
  const place = both[1].entry.keyPlace;
  const [old, made] = [calicoInForce(before), calicoInForce(after)];
  if (old.ipip !== made.ipip || old.vxlan !== made.vxlan) {
    const message = `the mode changes from ${modeText(old)} to ${modeText(made)}: the IPPool of a running cluster keeps the old one`;
    findings.warning(
      place,
      'kops-change-pool',
      message,
      'change the IPPool too: calico-agent kops explain FILE --before OLD prints how',
    );
  }
  const [was, is] = both.map(
    ({ entry }) => scalarOf(fieldsOf(entry.value).get('bpfEnabled'))?.value === true,
  );
  if (was === is) return;
  const message = `eBPF is turned ${is === true ? 'on' : 'off'}: connections break, and kops does not order the change between nodes`;
  findings.warning(
    place,
    'kops-change-bpf',
    message,
    'do it in a maintenance window, or create new nodes',
  );
}

function modeText({ ipip, vxlan }: { readonly ipip: string; readonly vxlan: string }): string {
  return `ipipMode ${ipip}, vxlanMode ${vxlan}`;
}

function checkProxyChange(before: JudgedCluster, after: JudgedCluster, findings: Findings): void {
  const [was, is] = [kubeProxyEnabled(before) ?? true, kubeProxyEnabled(after) ?? true];
  if (was === is) return;
  const message = `kube-proxy is turned ${is ? 'on' : 'off'}: nodes keep its old rules until they are replaced`;
  findings.warning(
    placeOf(after, ['spec', 'kubeProxy']),
    'kops-change-kube-proxy',
    message,
    'replace all nodes: kops rolling-update cluster --yes',
  );
}
