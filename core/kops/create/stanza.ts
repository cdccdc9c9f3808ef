/** The stanza that `kops create cluster` writes below spec.networking for a value of --networking. */
import type { YamlValue } from '../../yaml-edit/written-value.ts';
import { providerKey, type KopsApi } from '../table/api-version.ts';
import type { FlagOfProvider } from './flag-table.ts';

export interface Stanza {
  readonly key: string;
  readonly value: Readonly<Record<string, YamlValue>>;
}

export interface StanzaFor {
  readonly api: KopsApi;
  readonly target: { readonly kops: number; readonly kubernetes: number };
  readonly cloud?: string;
}

/** undefined: the API version has no such provider. */
export function stanzaOf(
  { provider, flag }: FlagOfProvider,
  { api, target, cloud }: StanzaFor,
): Stanza | undefined {
  const key = providerKey(provider, api, target.kops);
  if (key === undefined) return undefined;
  return { key, value: { ...extraFields(provider.key, target, cloud), ...flag.sets } };
}

/** Fields that create_cluster.go writes by cloud and version. */
function extraFields(
  key: string,
  target: StanzaFor['target'],
  cloud: string | undefined,
): Readonly<Record<string, YamlValue>> {
  const { kops } = target;
  // AWS has frames of 9001 bytes; weave adds up to 87, and the MTU is a multiple of 4.
  if (key === 'weave' && cloud === 'aws' && kops >= 6) return { mtu: 8912 };
  if (key === 'calico' && kops >= 11 && kops < 20) return { majorVersion: 'v3' };
  if (key === 'cilium' && createsWithoutKubeProxy(key, target)) return { enableNodePort: true };
  return {};
}

/** Whether `kops create cluster` turns kube-proxy off for this provider. */
export function createsWithoutKubeProxy(
  key: string,
  { kops, kubernetes }: StanzaFor['target'],
): boolean {
  if (kops < 19) return false;
  return key === 'kuberouter' || (key === 'cilium' && kubernetes >= 18);
}
