/** The `k3s:` section of a configuration → the flags that K3s is to get. */
import type { Sourced } from '../../../config/sourced.ts';
import type { K3sSettings } from '../../../config/platform/k3s-settings.ts';
import { issueAt } from '../../../findings.ts';
import type { Issue, Place } from '../../../issue.ts';

/** A flag as the configuration asks for it. Its `setting` is for people: `k3s.clusterCidr`. */
export type DesiredFlag = {
  readonly name: string;
  readonly setting: string;
  readonly place: Place;
} & (
  | { readonly form: 'value'; readonly value: string }
  /** Exactly these, in this order: the first address family is the cluster's primary one. */
  | { readonly form: 'list'; readonly values: readonly string[] }
  /** These are among the values of the list, and those are not; the others are not managed. */
  | {
      readonly form: 'items';
      readonly values: readonly string[];
      readonly never: readonly string[];
    }
);

export interface DesiredFlags {
  readonly flags: readonly DesiredFlag[];
  /** Settings that contradict each other. */
  readonly issues: readonly Issue[];
}

export function desiredFlags(settings: K3sSettings): DesiredFlags {
  const issues = contradictions(settings);
  const flags = [
    listFlag('cluster-cidr', 'clusterCidr', settings.clusterCidr, ({ cidr }) => cidr),
    listFlag('service-cidr', 'serviceCidr', settings.serviceCidr, ({ cidr }) => cidr),
    listFlag('cluster-dns', 'clusterDns', settings.clusterDns, (address) => address),
    valueFlag('cluster-domain', 'clusterDomain', settings.clusterDomain),
    valueFlag('flannel-backend', ...backendOf(settings)),
    valueFlag('disable-network-policy', ...networkPolicyOf(settings)),
    disableFlag(settings),
  ];
  return { flags: flags.filter((flag) => flag !== undefined), issues };
}

function listFlag<T>(
  name: string,
  setting: string,
  values: Sourced<readonly Sourced<T>[]> | undefined,
  textOf: (value: T) => string,
): DesiredFlag | undefined {
  if (values === undefined) return undefined;
  return {
    name,
    setting: `k3s.${setting}`,
    place: values.place,
    form: 'list',
    values: values.value.map(({ value }) => textOf(value)),
  };
}

function valueFlag(
  name: string,
  setting: string,
  value: Sourced<string | boolean> | undefined,
): DesiredFlag | undefined {
  if (value === undefined) return undefined;
  return {
    name,
    setting: `k3s.${setting}`,
    place: value.place,
    form: 'value',
    value: String(value.value),
  };
}

type OfSetting<T> = readonly [setting: string, value: Sourced<T> | undefined];

function backendOf({ flannelBackend, cni }: K3sSettings): OfSetting<string> {
  if (flannelBackend !== undefined || cni === undefined) return ['flannelBackend', flannelBackend];
  return ['cni', { value: cni.value === 'calico' ? 'none' : 'vxlan', place: cni.place }];
}

function networkPolicyOf({ disableNetworkPolicy, cni }: K3sSettings): OfSetting<boolean> {
  if (disableNetworkPolicy !== undefined || cni?.value !== 'calico') {
    return ['disableNetworkPolicy', disableNetworkPolicy];
  }
  return ['cni', { value: true, place: cni.place }];
}

function disableFlag({ disable, loadBalancer }: K3sSettings): DesiredFlag | undefined {
  const place = disable?.place ?? loadBalancer?.place;
  if (place === undefined) return undefined;
  const named = disable?.value.map(({ value }) => value) ?? [];
  const isMetalLb = loadBalancer?.value === 'metallb';
  const values = isMetalLb && !named.includes('servicelb') ? [...named, 'servicelb'] : named;
  return {
    name: 'disable',
    setting: disable === undefined ? 'k3s.loadBalancer' : 'k3s.disable',
    place,
    form: 'items',
    values,
    never: loadBalancer?.value === 'servicelb' ? ['servicelb'] : [],
  };
}

function contradictions(settings: K3sSettings): readonly Issue[] {
  const { cni, flannelBackend, disableNetworkPolicy, disable, loadBalancer } = settings;
  const issues: Issue[] = [];
  const refuse = (place: Place, message: string, hint: string): void => {
    issues.push(issueAt(place, 'error', 'k3s-settings-differ', message, hint));
  };
  const backend = flannelBackend?.value;
  if (flannelBackend !== undefined && cni !== undefined) {
    if (cni.value === 'calico' && backend !== 'none') {
      const message = `k3s.cni is calico, and k3s.flannelBackend "${String(backend)}" runs flannel beside it`;
      refuse(flannelBackend.place, message, 'leave flannelBackend out: Calico needs "none"');
    }
    if (cni.value === 'flannel' && backend === 'none') {
      const message = 'k3s.cni is flannel, and k3s.flannelBackend "none" takes flannel away';
      refuse(flannelBackend.place, message, 'leave flannelBackend out, or name a backend');
    }
  }
  if (cni?.value === 'calico' && disableNetworkPolicy?.value === false) {
    const message = "k3s.cni is calico, and K3s' own controller would enforce network policies too";
    refuse(disableNetworkPolicy.place, message, 'leave disableNetworkPolicy out');
  }
  const disabled = disable?.value.find(({ value }) => value === 'servicelb');
  if (loadBalancer?.value === 'servicelb' && disabled !== undefined) {
    const message = 'k3s.loadBalancer is servicelb, and k3s.disable takes it away';
    refuse(disabled.place, message, 'take one of the two away');
  }
  return issues;
}
