/** The observed state. Pure data. */
import type { NodeSettings } from '../calico/node.ts';
import type { CalicoResource, ResourceKind } from '../calico/resource.ts';
import type { ObservedCloud } from '../cloud/observed-cloud.ts';
import type { ObservedLxd } from '../lxd/observed-lxd.ts';
import type { ObservedPlatform } from '../platform/observed-platform.ts';
import type { Owner } from '../render/ownership.ts';

/** The objects of the datastore that an agent may change. */
export interface Observed {
  readonly resources: readonly ObservedResource[];
  readonly nodes: readonly ObservedNode[];
  /** Names of objects that we cannot express or cannot read; absent: none. */
  readonly taken?: readonly TakenName[];
  /** Usage of pools that may be deleted, as far as known; absent: it was not read. */
  readonly poolUsage?: readonly PoolUsage[];
  /** IPAM's blocks, where a pool is to be made; absent: none, or not known. */
  readonly blocks?: readonly LeftBlock[];
  /** The datastore's driver writes `defaultsOfNew` into new objects. Absent: only the desired fields. */
  readonly fillsDefaults?: true;
  /** Only for an agent in the role lxd-host. */
  readonly lxd?: ObservedLxd;
  /** Only where the configuration names a platform, or files are edited. */
  readonly platform?: ObservedPlatform;
  /** Only where the configuration has a cloud section, or the agent changed interfaces. */
  readonly cloud?: ObservedCloud;
}

export interface ObservedResource {
  readonly resource: CalicoResource;
  /** The owner by its labels and annotations; absent: not ours. */
  readonly owner?: Owner;
  /** The datastore's version of the object (mod_revision, resourceVersion): opaque. */
  readonly version?: string;
  /** The field managers, newest first, if the datastore knows them. */
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
  /** It is not a valid object. Absent: it is valid, but has fields that we cannot express. */
  readonly isUnreadable?: true;
  /** A command that shows it as it is stored; absent: calicoctl shows it. */
  readonly showWith?: string;
}

export interface PoolUsage {
  readonly cidr: string;
  /** Number of addresses in use, including tunnel addresses of nodes. */
  readonly addresses: number;
}

export interface LeftBlock {
  readonly cidr: string;
  /** Number of addresses in use. */
  readonly addresses: number;
  /** The node that has the block, if known. */
  readonly node?: string;
}

export interface ObservedNode {
  readonly name: string;
  readonly settings: NodeSettings;
  /** False: the datastore has no such Node, so nothing can be patched. Absent: it exists. */
  readonly exists?: boolean;
  /** There is an object for it that cannot be read as a Node; `exists` is false then. */
  readonly unreadable?: { readonly why: string; readonly showWith: string };
}
