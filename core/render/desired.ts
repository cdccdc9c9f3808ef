/** What shall be in the cluster: pure data. Resources are in Calico's own form, projectcalico.org/v3. */
import type { DesiredLxd } from '../lxd/desired-lxd.ts';
import type { Reason } from '../resolve/resolution.ts';

/** Who writes it: the holder of the lease, or the agent of the node. */
export type Scope = { readonly kind: 'cluster' } | { readonly kind: 'node'; readonly node: string };

export interface Metadata {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Source of shapes: api/pkg/apis/projectcalico/v3/{bgppeer,bgpconfig,ippool}.go. */
export interface BGPPeer {
  readonly apiVersion: 'projectcalico.org/v3';
  readonly kind: 'BGPPeer';
  readonly metadata: Metadata;
  readonly spec: {
    readonly node?: string;
    readonly nodeSelector?: string;
    /** `v4`, `v4:port`, `v6` or `[v6]:port`. */
    readonly peerIP: string;
    readonly asNumber: number;
  };
}

export interface BGPConfiguration {
  readonly apiVersion: 'projectcalico.org/v3';
  readonly kind: 'BGPConfiguration';
  readonly metadata: Metadata;
  readonly spec: {
    readonly asNumber?: number;
    readonly nodeToNodeMeshEnabled?: boolean;
    readonly listenPort?: number;
    readonly serviceClusterIPs?: readonly { readonly cidr: string }[];
    readonly serviceExternalIPs?: readonly { readonly cidr: string }[];
    readonly serviceLoadBalancerIPs?: readonly { readonly cidr: string }[];
  };
}

export interface IPPool {
  readonly apiVersion: 'projectcalico.org/v3';
  readonly kind: 'IPPool';
  readonly metadata: Metadata;
  readonly spec: {
    readonly cidr: string;
    readonly ipipMode: 'Always' | 'CrossSubnet' | 'Never';
    readonly vxlanMode: 'Always' | 'CrossSubnet' | 'Never';
    readonly natOutgoing: boolean;
    readonly blockSize?: number;
    readonly nodeSelector?: string;
    readonly disabled?: boolean;
    readonly assignmentMode?: 'Automatic' | 'Manual';
  };
}

export type CalicoResource = BGPPeer | BGPConfiguration | IPPool;
export type ResourceKind = CalicoResource['kind'];

export interface DesiredResource {
  readonly scope: Scope;
  readonly resource: CalicoResource;
  /** Field path within the resource (`spec.asNumber`) → why it is as it is. */
  readonly reasons: Readonly<Record<string, readonly Reason[]>>;
}

/**
 * What becomes of a Node: patched, never replaced. A number or string: to be so. null: to be
 * taken away. Absent: left as it is.
 */
export interface NodeSettings {
  readonly asNumber?: number | null;
  readonly routeReflectorClusterID?: string | null;
  /** The calico-agent/group.<hash> labels to have; others of that form are taken away. Sorted. */
  readonly groupLabels: readonly string[];
}

export interface DesiredNode {
  readonly name: string;
  readonly settings: NodeSettings;
  /** Field of NodeSettings → why. */
  readonly reasons: Readonly<Record<string, readonly Reason[]>>;
}

export interface Desired {
  /** The shares that this speaks for: only there does what is absent mean "not to be". */
  readonly covers: readonly Scope[];
  /** In a stable order: pools, BGPConfiguration, peers; by name within each. */
  readonly resources: readonly DesiredResource[];
  /** By name. */
  readonly nodes: readonly DesiredNode[];
  /** Which pools nobody named are to go: manage-pools. */
  readonly unknownPools: 'keep' | 'delete' | 'delete-in-use' | 'not-managed';
  /** Only for an agent in the role lxd-host. */
  readonly lxd?: DesiredLxd;
}
