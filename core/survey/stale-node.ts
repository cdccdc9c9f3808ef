/** A node that is gone, and what of it is left in the datastore. */
export interface StaleNode {
  readonly name: string;
  /** Calico's own Node object is there and can be removed (etcd); else only references are left. */
  readonly hasNode: boolean;
  readonly version?: string;
  /** BGPPeers that name it, and our objects of its node share: `BGPPeer/x`. */
  readonly objects: readonly string[];
  /** IPAM blocks with its affinity. */
  readonly blocks: readonly { readonly cidr: string; readonly addresses: number }[];
}
