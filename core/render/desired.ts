/** What shall be in the cluster: pure data. Resources are in Calico's own form, projectcalico.org/v3. */
import type { NodeSettings } from '../calico/node.ts';
import type { CalicoResource } from '../calico/resource.ts';
import type { DesiredLxd } from '../lxd/desired-lxd.ts';
import type { Reason } from '../resolve/resolution.ts';

/** Who writes it: the holder of the lease, or the agent of the node. */
export type Scope = { readonly kind: 'cluster' } | { readonly kind: 'node'; readonly node: string };

export interface DesiredResource {
  readonly scope: Scope;
  readonly resource: CalicoResource;
  /** Field path within the resource (`spec.asNumber`) → why it is as it is. */
  readonly reasons: Readonly<Record<string, readonly Reason[]>>;
}

export interface DesiredNode {
  readonly name: string;
  readonly settings: NodeSettings;
  /** Field of NodeSettings → why. */
  readonly reasons: Readonly<Record<string, readonly Reason[]>>;
}

export interface Desired {
  /** The scopes that this decides: only there, an absent object is to be deleted. */
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
