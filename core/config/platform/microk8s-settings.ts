/** The `microk8s:` section of a native NetworkConfig. Only what it names is managed. */
import type { Network, Sourced } from '../sourced.ts';
import type { Place } from '../../issue.ts';

export interface MicroK8sSettings {
  /** Calico's methods, as the document has them. */
  readonly ipAutodetection?: {
    readonly ipv4?: Sourced<string>;
    readonly ipv6?: Sourced<string>;
  };
  readonly mode?: Sourced<'bgp' | 'vxlan'>;
  /** One per family. */
  readonly podCidr?: Sourced<readonly Sourced<Network>[]>;
  readonly mtu?: Sourced<number>;
  readonly cni?: Sourced<'calico' | 'flannel' | 'kube-ovn'>;
  readonly place: Place;
}
