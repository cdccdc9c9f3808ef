/** The `k3s:` section of a native NetworkConfig. Only what it names is managed. */
import type { Network, Sourced } from '../sourced.ts';
import type { Place } from '../../issue.ts';
import type { RestartLimits } from './restart-limits.ts';

export const k3sBackends = ['none', 'vxlan', 'host-gw', 'wireguard-native'] as const;
export const k3sComponents = [
  'coredns',
  'servicelb',
  'traefik',
  'local-storage',
  'metrics-server',
] as const;

export interface K3sSettings {
  /** One per family. */
  readonly clusterCidr?: Sourced<readonly Sourced<Network>[]>;
  readonly serviceCidr?: Sourced<readonly Sourced<Network>[]>;
  /** Addresses, canonical; one per family. */
  readonly clusterDns?: Sourced<readonly Sourced<string>[]>;
  readonly clusterDomain?: Sourced<string>;
  readonly flannelBackend?: Sourced<(typeof k3sBackends)[number]>;
  /** Packaged components that K3s does not install, and uninstalls. */
  readonly disable?: Sourced<readonly Sourced<(typeof k3sComponents)[number]>[]>;
  readonly disableNetworkPolicy?: Sourced<boolean>;
  readonly cni?: Sourced<'flannel' | 'calico'>;
  readonly loadBalancer?: Sourced<'servicelb' | 'metallb'>;
  readonly restart?: RestartLimits;
  readonly place: Place;
}
