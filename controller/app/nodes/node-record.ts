/** What the controller knows of one node. */
import type { DeliveryOutcome } from '../../../core/protocol/controller-delivery.ts';
import type { UnknownValue } from '../../../core/input/newer-data.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

export interface NodeRecord {
  readonly name: string;
  readonly facts: NodeFacts;
  /** As JSON. */
  readonly factsBytes: number;
  readonly agentVersion: string;
  readonly lastSeenAt: string;
  readonly connection?: NodeConnection;
  /** Its agent takes what a person decides at the controller. Absent: it is older. */
  readonly knowsDecisions?: true;
  /** Where its last connection came from. */
  readonly address?: string;
  /** As reported on the last connection, cut to what is shown: without peers, issues, rejections. */
  readonly status?: AgentStatus;
  /** Values of its status that a newer agent has, and this controller does not know. Absent: none. */
  readonly unknown?: readonly UnknownValue[];
  /** How many peers the status had. */
  readonly peers?: number;
  /** Of the newest revision that was brought to it. */
  readonly progress?: NodeProgress;
  /** What the agent accepted after it took the newest revision: another source has the node. */
  readonly takenOver?: RevisionRef;
  /** The last failure that was logged: the same one again is no news. */
  readonly complaint?: string;
  /** A newer connection took the place of one that stood. */
  readonly replaced?: Replacement;
  /** The processes that connected as this node lately, the newest last. */
  readonly instances?: readonly Instance[];
}

export interface Instance {
  readonly id: string;
  readonly at: string;
}

interface NodeConnection {
  readonly since: string;
  readonly remote: string;
}

export interface NodeProgress {
  readonly ref: RevisionRef;
  readonly outcome: DeliveryOutcome;
}

export interface Replacement {
  readonly count: number;
  readonly at: string;
  /** Where the newer and the older came from. */
  readonly by: string;
  readonly from: string;
  /** They are two machines. */
  readonly rivals?: true;
}
