/** The `k3s:` section of a configuration → the flags that K3s is to get. */
import type { Sourced } from '../../../config/sourced.ts';
import type { K3sSettings } from '../../../config/platform/k3s-settings.ts';
import type { Place } from '../../../issue.ts';

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

export function desiredFlags(settings: K3sSettings): readonly DesiredFlag[] {
  const flags = [
    listFlag('cluster-cidr', 'clusterCidr', settings.clusterCidr, ({ cidr }) => cidr),
    listFlag('service-cidr', 'serviceCidr', settings.serviceCidr, ({ cidr }) => cidr),
    listFlag('cluster-dns', 'clusterDns', settings.clusterDns, (address) => address),
    valueFlag('cluster-domain', 'clusterDomain', settings.clusterDomain),
    valueFlag('flannel-backend', ...backendOf(settings)),
    valueFlag('disable-network-policy', ...networkPolicyOf(settings)),
    disableFlag(settings),
  ];
  return flags.filter((flag) => flag !== undefined);
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
