/** A node that is gone, and its remaining objects in the datastore. */
export interface StaleNode {
  readonly name: string;
  /**
   * Calico's own Node object exists and can be removed (etcd); otherwise only references are left.
   */
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
  /** Addresses in use by others than the node's own tunnels. */
  readonly addresses: number;
  /** The node's own tunnel addresses, which are removed with it; absent: none. */
  readonly tunnelAddresses?: number;
}
