/** The place of each field in each API version of kops. */
import type { KopsField } from './field.ts';
import type { KopsProvider } from './provider.ts';

/** v1alpha2 or v1alpha3. */
export type KopsApi = 2 | 3;

/** v1alpha3 is read since kops 1.23, and has the ranges below networking since 1.26. */
export const firstWithV3 = 23;
const firstWithRangesInNetworking = 26;

/** The key of a provider below spec.networking. undefined: this API version has none. */
export function providerKey(
  { key, v3 }: KopsProvider,
  api: KopsApi,
  kops: number,
): string | undefined {
  if (api === 2) return key;
  return v3.find(({ until }) => until === undefined || kops <= until)?.key;
}

/** The name of a field. undefined: this API version does not have it. */
export function fieldName({ name, v3 }: KopsField, api: KopsApi): string | undefined {
  if (api === 2 || v3 === undefined) return name;
  return v3 ?? undefined;
}

/** Fields of the network that moved from spec to spec.networking: v1alpha2 name → v1alpha3 name. */
export const movedFields: Readonly<Record<string, string>> = {
  networkCIDR: 'networkCIDR',
  additionalNetworkCIDRs: 'additionalNetworkCIDRs',
  networkID: 'networkID',
  nonMasqueradeCIDR: 'nonMasqueradeCIDR',
  podCIDR: 'podCIDR',
  serviceClusterIPRange: 'serviceClusterIPRange',
  subnets: 'subnets',
  topology: 'topology',
  egressProxy: 'egressProxy',
  isolateMasters: 'isolateControlPlane',
};

/** Whether the ranges stand below spec.networking, and not beside it. */
export function hasRangesInNetworking(api: KopsApi, kops: number): boolean {
  return api === 3 && kops >= firstWithRangesInNetworking;
}

/** The path of a field that moved, by its v1alpha2 name. */
export function networkPath(name: string, api: KopsApi, kops: number): readonly string[] {
  return hasRangesInNetworking(api, kops)
    ? ['spec', 'networking', movedFields[name] ?? name]
    : ['spec', name];
}
