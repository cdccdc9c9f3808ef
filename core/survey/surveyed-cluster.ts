/** A whole cluster from its datastore, for export, adoption and stale nodes. */
import type { NodeAddress } from '../facts/facts.ts';
import type { Issue } from '../issue.ts';
import type { Observed, ObservedNode } from '../observe/observed.ts';

export interface SurveyedCluster extends Omit<Observed, 'nodes'> {
  readonly nodes: readonly SurveyedNode[];
  /**
   * The whole BGPPeer, BGPConfiguration, BGPFilter and IPPool documents, in the form of
   * projectcalico.org/v3, also those of which we know only some fields.
   */
  readonly documents: readonly unknown[];
  /** The names of all FelixConfigurations: `node.<name>` is for one node; absent: not known. */
  readonly felixConfigurations?: readonly string[];
  /** Issues about objects that were not read, for people. */
  readonly issues?: readonly Issue[];
  /** IPAM's blocks. */
  readonly blocks: readonly IpamBlock[];
}

export interface SurveyedNode extends ObservedNode {
  /** For ClusterSurvey.removeNode; absent: Calico's Node is Kubernetes' own. */
  readonly version?: string;
  readonly addresses: readonly NodeAddress[];
  /** The labels of Kubernetes, and Calico's own. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface IpamBlock {
  readonly cidr: string;
  /** The node of its affinity. */
  readonly node?: string;
  /** Number of addresses in use, by pods and as tunnel addresses of nodes. */
  readonly addresses: number;
  /** The node's name, in lower case, for each tunnel address in it; absent: none. */
  readonly tunnels?: readonly string[];
}
