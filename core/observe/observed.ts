/** What is there, as read back. Pure data. */
import type { NodeSettings } from '../calico/node.ts';
import type { CalicoResource, ResourceKind } from '../calico/resource.ts';
import type { ObservedLxd } from '../lxd/observed-lxd.ts';
import type { Owner } from '../render/ownership.ts';

/** What the datastore holds of what we may change, as read back. */
export interface Observed {
  readonly resources: readonly ObservedResource[];
  readonly nodes: readonly ObservedNode[];
  /** Names that are taken by what we cannot say or cannot read; absent: none. */
  readonly taken?: readonly TakenName[];
  /** For pools that may be deleted, as far as it is known; absent: nobody asked for it. */
  readonly poolUsage?: readonly PoolUsage[];
  /** IPAM's blocks, where a pool is to be made; absent: none, or nobody can tell. */
  readonly blocks?: readonly LeftBlock[];
  /** The datastore's driver writes `defaultsOfNew` into new objects. Absent: only the desired fields. */
  readonly fillsDefaults?: true;
  /** Only for an agent in the role lxd-host. */
  readonly lxd?: ObservedLxd;
}

export interface ObservedResource {
  readonly resource: CalicoResource;
  /** Whose it is, by the labels and annotations that it carries; absent: not ours. */
  readonly owner?: Owner;
  /** The datastore's version of the object (mod_revision, resourceVersion): opaque. */
  readonly version?: string;
  /** Who set what, newest first, where the datastore knows it. */
  readonly writers?: readonly FieldWriter[];
}

/** One field manager of an object: metadata.managedFields of Kubernetes. */
export interface FieldWriter {
  readonly manager: string;
  /** RFC 3339, by the server's clock. */
  readonly at?: string;
  /** `spec.asNumber`: as FieldChange.path. */
  readonly paths: readonly string[];
}

export interface TakenName {
  readonly kind: ResourceKind;
  readonly name: string;
  /** One sentence: it has a peerSelector; its asNumber is no number. */
  readonly why: string;
  /** It is not what it should be. Absent: it is sound, and says what we have no words for. */
  readonly isUnreadable?: true;
  /** A command that shows it as it is stored; absent: calicoctl shows it. */
  readonly showWith?: string;
}

export interface PoolUsage {
  readonly cidr: string;
  /** Addresses that IPAM has given out of it, tunnel addresses of nodes included. */
  readonly addresses: number;
}

export interface LeftBlock {
  readonly cidr: string;
  /** Addresses of it that are given out. */
  readonly addresses: number;
  /** The node that has it, as far as that is known. */
  readonly node?: string;
}

export interface ObservedNode {
  readonly name: string;
  readonly settings: NodeSettings;
  /** False where the datastore has no such Node: nothing can be patched. Absent: it is there. */
  readonly exists?: boolean;
  /** There is an object for it that nobody can read as a Node; `exists` is false then. */
  readonly unreadable?: { readonly why: string; readonly showWith: string };
}
