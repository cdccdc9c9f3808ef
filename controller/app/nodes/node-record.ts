/** The controller's record of one node. */
import type { DeliveryOutcome } from '../../../core/protocol/controller-delivery.ts';
import type { UnknownValue } from '../../../core/input/newer-data.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

export interface NodeRecord {
  readonly name: string;
  readonly facts: NodeFacts;
  /** Size of the facts as JSON. */
  readonly factsBytes: number;
  readonly agentVersion: string;
  readonly lastSeenAt: string;
  readonly connection?: NodeConnection;
  /** Whether its agent knows decisions of a person at the controller; absent: an older program stored the node. */
  readonly knowsDecisions?: boolean;
  /** Whether its agent can leave the cluster-wide resources to a later revision; absent: as above. */
  readonly knowsClusterShare?: boolean;
  /** The address of its last connection. */
  readonly address?: string;
  /** How its agent presented itself on its last connection; absent: an older controller kept it. */
  readonly identity?: KeptIdentity;
  /**
   * The status from the last connection, cut to the shown part: without peers, issues, rejections.
   */
  readonly status?: AgentStatus;
  /** The newest revision of this controller in its last hello, accepted or rejected. */
  readonly newest?: RevisionRef;
  /** Values of a newer agent's status that this controller does not know; absent: none. */
  readonly unknown?: readonly UnknownValue[];
  /** Number of peers in the status. */
  readonly peers?: number;
  /** The agent's last report before this controller was restarted; a status replaces it. */
  readonly last?: LastReport;
  /** The progress of the newest revision that was sent to it. */
  readonly progress?: NodeProgress;
  /** The revision of another source that the agent accepted after the newest one. */
  readonly takenOver?: RevisionRef;
  /** The last logged failure; the same one is not logged again. */
  readonly complaint?: string;
  /** A newer connection replaced an open one. */
  readonly replaced?: Replacement;
  /** The processes that recently connected as this node, the newest last. */
  readonly instances?: readonly Instance[];
}

export interface KeptIdentity {
  readonly by: 'certificate' | 'shared-token';
  /** RFC 3339: the end of the newest certificate of the node that is known. */
  readonly certificateUntil?: string;
}

/** The part of an agent's status that is kept over a restart of the controller. */
export interface LastReport {
  readonly accepted?: RevisionRef;
  readonly inForce?: RevisionRef;
  readonly confirmed?: RevisionRef;
  readonly asNumber?: number;
  readonly routeReflectorClusterId?: string;
  readonly peers?: number;
}

export interface Instance {
  readonly id: string;
  readonly at: string;
}

interface NodeConnection {
  readonly since: string;
  readonly remote: string;
  /** RFC 3339; absent: the agent presented the shared token. */
  readonly certificateUntil?: string;
}

export interface NodeProgress {
  readonly ref: RevisionRef;
  readonly outcome: DeliveryOutcome;
}

export interface Replacement {
  readonly count: number;
  readonly at: string;
  /** The addresses of the newer and the older connection. */
  readonly by: string;
  readonly from: string;
  /** They are two machines. */
  readonly rivals?: true;
}
