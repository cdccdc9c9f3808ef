/** A node that is gone, and what of it is left in the datastore. */
export interface StaleNode {
  readonly name: string;
  /** Calico's own Node object is there and can be removed (etcd); else only references are left. */
  readonly hasNode: boolean;
  readonly version?: string;
  /**
   * BGPPeers that name it, BGPConfiguration and FelixConfiguration `node.<name>`, and our objects of
   * its node scope: `BGPPeer/x`.
   */
  readonly objects: readonly string[];
  /** IPAM blocks with its affinity, or with a tunnel address of it. */
  readonly blocks: readonly StaleBlock[];
}

export interface StaleBlock {
  readonly cidr: string;
  /** In use by others than the node's own tunnels. */
  readonly addresses: number;
  /** The node's own tunnel addresses: they go with it. Absent: none. */
  readonly tunnelAddresses?: number;
}
