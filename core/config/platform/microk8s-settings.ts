/** The `microk8s:` section of a native NetworkConfig. Only what it names is managed. */
import type { Network, Sourced } from '../sourced.ts';
import type { ImagesSettings } from '../images/settings.ts';
import type { Place } from '../../issue.ts';
import type { RestartLimits } from './restart-limits.ts';

export interface MicroK8sSettings {
  /** Calico's methods, as the document has them. */
  readonly ipAutodetection?: {
    readonly ipv4?: Sourced<string>;
    readonly ipv6?: Sourced<string>;
  };
  readonly mode?: Sourced<'bgp' | 'vxlan'>;
  /** One per family. */
  readonly podCidr?: Sourced<readonly Sourced<Network>[]>;
  /** Pods that keep addresses of another range are deleted, so that their controllers make them again. */
  readonly recreatePods?: Sourced<boolean>;
  /** Fixed when the cluster is made: compared, never changed. */
  readonly serviceCidr?: Sourced<readonly Sourced<Network>[]>;
  readonly mtu?: Sourced<number>;
  readonly cni?: Sourced<'calico' | 'flannel' | 'kube-ovn'>;
  readonly restart?: RestartLimits;
  /** The settings of other sections with which cni.yaml has to agree. */
  readonly beside: BesideMicroK8s;
  readonly place: Place;
}

export interface BesideMicroK8s {
  /** Absent: pools are not managed. */
  readonly pools?: readonly PoolBeside[];
  /** The first section with settings of BGP. */
  readonly bgp?: Place;
  readonly images?: ImagesSettings;
}

export interface PoolBeside {
  readonly name: string;
  readonly network: Network;
  readonly ipip: 'Always' | 'CrossSubnet' | 'Never';
  readonly vxlan: 'Always' | 'CrossSubnet' | 'Never';
  readonly disabled?: boolean;
  readonly place: Place;
}
