import type { SourceKind } from '../../core/revision/revision.ts';

/** One line of `doctor`. */
export interface Finding {
  /** What was checked: `datastore reachable`. */
  readonly check: string;
  readonly result: 'ok' | 'warning' | 'failed';
  /** What was found, in one sentence. No secrets. */
  readonly message: string;
  /** How to mend it. */
  readonly hint?: string;
}

/** Checks one part of the machine or of the cluster, and reports how healthy it is; never throws. */
export interface Diagnosis {
  diagnose(): Promise<readonly Finding[]>;
}

/** What a host is judged by. */
export interface HostExpectations {
  /** lxd-host: no node, so nothing of Calico has to run here. */
  readonly roles: readonly ('node' | 'lxd-host')[];
  /** Files that agent.yaml names in homes, which the unit may hide from the daemon. */
  readonly homeFiles: readonly string[];
  readonly stateDirectory: string;
  /** BIRD's control sockets that agent.yaml names; absent: the agent searches for them. */
  readonly birdSockets?: readonly string[] | undefined;
  /** Resolves also where the datastore does not answer: with what holds then. */
  readonly cluster: Promise<ExpectedCluster>;
}

export interface ExpectedCluster {
  /** Where BIRD shall listen: BGPConfiguration's listenPort. */
  readonly bgpPort: number;
  /** There are IPv6 pools. */
  readonly ipv6: boolean;
  /** Where this agent's configuration comes from; absent: not known. */
  readonly source?: SourceKind;
}
