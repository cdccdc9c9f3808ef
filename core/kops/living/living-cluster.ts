/** The objects of a running cluster with which a document of kops is compared. */
import type { Part } from '../../platform/cluster/part.ts';

export interface LivingCluster {
  /** Calico's IPPools. */
  readonly pools: Part<readonly LivingPool[]>;
  readonly felix: Part<readonly LivingFelix[]>;
  /** Of all namespaces. */
  readonly daemonSets: Part<readonly LivingWorkload[]>;
  /** Of kube-system. */
  readonly deployments: Part<readonly LivingWorkload[]>;
  /** The data of ConfigMap kube-system/calico-config; undefined: there is none. */
  readonly config: Part<Readonly<Record<string, string>> | undefined>;
  readonly nodes: Part<readonly LivingNode[]>;
  /** The nodes that Calico's IPAM still holds address blocks for. */
  readonly blockNodes: Part<readonly string[]>;
  /** The address of Service default/kubernetes: the first one of the Services' range. */
  readonly apiService: Part<string | undefined>;
}

export interface LivingPool {
  readonly name: string;
  readonly cidr: string;
  /** Never where the pool does not have the field. */
  readonly ipipMode: string;
  readonly vxlanMode: string;
  readonly isDisabled: boolean;
}

/** A FelixConfiguration; a field that it does not have is absent. */
export interface LivingFelix {
  /** `default`, or `node.` and the name of a node. */
  readonly name: string;
  readonly awsSrcDstCheck?: string;
  readonly wireguardEnabled?: boolean;
  readonly bpfEnabled?: boolean;
}

export interface LivingWorkload {
  readonly namespace: string;
  readonly name: string;
  /** Of a Deployment: its replicas. */
  readonly replicas?: number;
  /** Containers and init containers. */
  readonly containers: readonly LivingContainer[];
}

export interface LivingContainer {
  readonly name: string;
  readonly image: string;
  /** Only the variables that are compared. */
  readonly variables: Readonly<Record<string, LivingVariable>>;
}

export type LivingVariable =
  | { readonly from: 'value'; readonly value: string }
  | { readonly from: 'config-map'; readonly configMap: string; readonly key: string }
  /** A Secret, or a field of the pod. */
  | { readonly from: 'elsewhere' };

export interface LivingNode {
  readonly name: string;
  /** calico-node noted its address, so it has run there. */
  readonly hasCalico: boolean;
}
