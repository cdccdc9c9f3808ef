import type { KnownNeighbours } from '../../core/sessions/paths/odd-next-hops.ts';
import type { SourceKind } from '../../core/revision/revision.ts';

/** One line of `doctor`. */
export interface Finding {
  /** The name of the check, as `datastore reachable`. */
  readonly check: string;
  readonly result: 'ok' | 'warning' | 'failed';
  /** The result in one sentence. No secrets. */
  readonly message: string;
  /** How to mend it. */
  readonly hint?: string;
}

/** Checks one part of the machine or of the cluster, and reports how healthy it is; never throws. */
export interface Diagnosis {
  diagnose(): Promise<readonly Finding[]>;
}

/** The expectations by which a host is checked. */
export interface HostExpectations {
  /** With lxd-host only, the machine is no node, and Calico need not run here. */
  readonly roles: readonly ('node' | 'lxd-host')[];
  /** Files of agent.yaml in homes, which the unit may hide from the daemon. */
  readonly homeFiles: readonly string[];
  readonly stateDirectory: string;
  /** BIRD's control sockets that agent.yaml names; absent: the agent searches for them. */
  readonly birdSockets?: readonly string[] | undefined;
  /** Resolves also if the datastore does not answer, with usual values. */
  readonly cluster: Promise<ExpectedCluster>;
}

export interface ExpectedCluster {
  /** The port on which BIRD should listen: BGPConfiguration's listenPort. */
  readonly bgpPort: number;
  /** Where routes to pod blocks may lead; absent: nobody could read it. */
  readonly neighbours?: KnownNeighbours;
  /** There are IPv6 pools. */
  readonly ipv6: boolean;
  /** Where this agent's configuration comes from; absent: not known. */
  readonly source?: SourceKind;
}
