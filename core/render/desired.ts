/**
 * The desired state of the cluster: pure data. Resources are in Calico's own form,
 * projectcalico.org/v3.
 */
import type { NodeSettings } from '../calico/node.ts';
import type { CalicoResource } from '../calico/resource.ts';
import type { DesiredMetalLb } from '../metallb/objects.ts';
import type { DesiredImages } from '../platform/images/by-hand.ts';
import type { DesiredCloud } from '../cloud/desired-cloud.ts';
import type { DesiredLxd } from '../lxd/desired-lxd.ts';
import type { PlatformSettings } from '../config/platform/platform-settings.ts';
import type { ClusterEdit } from '../platform/cluster/cluster-edit.ts';
import type { Reason } from '../resolve/resolution.ts';

/** The scope by its writer: the holder of the writer lease, or the agent of the node. */
export type Scope = { readonly kind: 'cluster' } | { readonly kind: 'node'; readonly node: string };

export interface DesiredResource {
  readonly scope: Scope;
  readonly resource: CalicoResource;
  /** Field path within the resource (`spec.asNumber`) → the reasons for its value. */
  readonly reasons: Readonly<Record<string, readonly Reason[]>>;
}

export interface DesiredNode {
  readonly name: string;
  readonly settings: NodeSettings;
  /** Field of NodeSettings → the reasons for its value. */
  readonly reasons: Readonly<Record<string, readonly Reason[]>>;
}

export interface Desired {
  /** The scopes for which this decides; only there an absent object is deleted. */
  readonly covers: readonly Scope[];
  /** The resources in a stable order: pools, BGPConfiguration, peers; by name within each. */
  readonly resources: readonly DesiredResource[];
  /** The nodes by name. */
  readonly nodes: readonly DesiredNode[];
  /** The treatment of pools that the configuration does not name (manage-pools). */
  readonly unknownPools: 'keep' | 'delete' | 'delete-in-use' | 'not-managed';
  /** Only for an agent in the role lxd-host. */
  readonly lxd?: DesiredLxd;
  /** Absent: what the agent edited in files of the platform is put back. */
  readonly platform?: PlatformSettings;
  /**
   * Edits of Kubernetes objects that sections other than `platform` ask for, the same on every node. The agent that
   * holds the writer lease makes them once. Absent: none; earlier ones are taken back.
   */
  readonly cluster?: readonly ClusterEdit[];
  /** With the cluster-wide resources. Absent: MetalLB is not managed. */
  readonly metallb?: DesiredMetalLb;
  /** With the cluster-wide resources. Absent: Calico's images are not managed. */
  readonly images?: DesiredImages;
  /** Absent: what the agent changed in the machine's cloud is put back. */
  readonly cloud?: DesiredCloud;
  /** The cluster-wide resources are left to a later revision. Absent: they come into force as well. */
  readonly later?: LaterShare;
}

/** What a node needs to have its own share without the cluster-wide resources. */
export interface LaterShare {
  /** All peers of this node, as BGPPeers for it alone. */
  readonly peers: readonly DesiredResource[];
}
