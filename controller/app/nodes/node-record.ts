/** The controller's record of one node. */
import type { DeliveryOutcome } from '../../../core/protocol/delivery/controller-delivery.ts';
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
  readonly connection?: NodeConnection | undefined;
  /** Whether its agent knows decisions of a person at the controller; absent: an older program stored the node. */
  readonly knowsDecisions?: boolean | undefined;
  /** Whether its agent can leave the cluster-wide resources to a later revision; absent: as above. */
  readonly knowsClusterShare?: boolean | undefined;
  /** The address of its last connection. */
  readonly address?: string | undefined;
  /** How its agent presented itself on its last connection; absent: an older controller kept it. */
  readonly identity?: KeptIdentity | undefined;
  /**
   * The status from the last connection, cut to the shown part: without peers, issues, rejections.
   */
  readonly status?: AgentStatus | undefined;
  /** The newest revision of this controller in its last hello, accepted or rejected. */
  readonly newest?: RevisionRef | undefined;
  /** Values of a newer agent's status that this controller does not know; absent: none. */
  readonly unknown?: readonly UnknownValue[] | undefined;
  /** Number of peers in the status. */
  readonly peers?: number | undefined;
  /** The agent's last report before this controller was restarted; a status replaces it. */
  readonly last?: LastReport | undefined;
  /** The progress of the newest revision that was sent to it. */
  readonly progress?: NodeProgress | undefined;
  /** The revision of another source that the agent accepted after the newest one. */
  readonly takenOver?: RevisionRef | undefined;
  /** The last logged failure; the same one is not logged again. */
  readonly complaint?: string | undefined;
  /** A newer connection replaced an open one. */
  readonly replaced?: Replacement | undefined;
  /** The processes that recently connected as this node, the newest last. */
  readonly instances?: readonly Instance[] | undefined;
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

/** No field may be forgotten in the literals below. */
type WholeRecord = { readonly [Field in keyof Required<NodeRecord>]: NodeRecord[Field] };

/**
 * The record with all its fields, undefined where it has none. Made by one literal, all records share their
 * form; copies by spreading have a form of their own each, which takes as much memory as the fields.
 */
export function nodeRecord(fields: NodeRecord): WholeRecord {
  return {
    name: fields.name,
    facts: fields.facts,
    factsBytes: fields.factsBytes,
    agentVersion: fields.agentVersion,
    lastSeenAt: fields.lastSeenAt,
    connection: fields.connection,
    knowsDecisions: fields.knowsDecisions,
    knowsClusterShare: fields.knowsClusterShare,
    address: fields.address,
    identity: fields.identity,
    status: fields.status,
    newest: fields.newest,
    unknown: fields.unknown,
    peers: fields.peers,
    last: fields.last,
    progress: fields.progress,
    takenOver: fields.takenOver,
    complaint: fields.complaint,
    replaced: fields.replaced,
    instances: fields.instances,
  };
}

type Answered = 'progress' | 'takenOver' | 'complaint';

/**
 * The controller's own record of a node, of which answers change a part in place: two come from each agent with a
 * push, and a copy for each of them outlives a garbage collection, which moves it.
 */
export type KeptRecord = Omit<NodeRecord, Answered> & {
  -readonly [Field in Answered]?: NodeRecord[Field];
};

/** The same node after a status of its agent: thousands come when the controller was restarted. */
export function withStatus(
  before: NodeRecord,
  after: Pick<NodeRecord, 'status' | 'unknown' | 'peers' | 'takenOver'>,
): WholeRecord {
  return {
    name: before.name,
    facts: before.facts,
    factsBytes: before.factsBytes,
    agentVersion: before.agentVersion,
    lastSeenAt: before.lastSeenAt,
    connection: before.connection,
    knowsDecisions: before.knowsDecisions,
    knowsClusterShare: before.knowsClusterShare,
    address: before.address,
    identity: before.identity,
    status: after.status,
    newest: before.newest,
    unknown: after.unknown,
    peers: after.peers,
    last: before.last,
    progress: before.progress,
    takenOver: after.takenOver,
    complaint: before.complaint,
    replaced: before.replaced,
    instances: before.instances,
  };
}
