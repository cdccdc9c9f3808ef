/** A whole cluster as its datastore has it: what export, adoption and stale nodes go by. */
import type { NodeAddress } from '../facts/facts.ts';
import type { Issue } from '../issue.ts';
import type { Observed, ObservedNode } from '../observe/observed.ts';

export interface SurveyedCluster extends Omit<Observed, 'nodes'> {
  readonly nodes: readonly SurveyedNode[];
  /**
   * The BGPPeer, BGPConfiguration, BGPFilter and IPPool documents whole, in the form of
   * projectcalico.org/v3, also those of which we understand only a part.
   */
  readonly documents: readonly unknown[];
  /** The names of all FelixConfigurations: `node.<name>` is of one node; absent: nobody can tell. */
  readonly felixConfigurations?: readonly string[];
  /** What was found and is not read, for people. */
  readonly issues?: readonly Issue[];
  /** IPAM's blocks. */
  readonly blocks: readonly IpamBlock[];
}

export interface SurveyedNode extends ObservedNode {
  /** For ClusterSurvey.removeNode; absent where Calico's Node is Kubernetes' own. */
  readonly version?: string;
  readonly addresses: readonly NodeAddress[];
  /** Those of Kubernetes, and Calico's own. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface IpamBlock {
  readonly cidr: string;
  /** Whose affinity it has. */
  readonly node?: string;
  /** How many are given out, to pods and as tunnel addresses of nodes. */
  readonly addresses: number;
  /** For each tunnel address of a node in it the node's name, in small letters; absent: none. */
  readonly tunnels?: readonly string[];
}
