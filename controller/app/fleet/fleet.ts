/**
 * The fleet: the nodes whose agents are or were connected, and the configuration for all of them.
 */
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { DeliveryOutcome } from '../../../core/protocol/delivery/controller-delivery.ts';
import type {
  ConfigMessage,
  DecisionMessage,
  HelloMessage,
} from '../../../core/protocol/messages.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import type { NodeAnswer } from '../store/answer-records.ts';
import type { Assigned, Assignment } from '../assignment/assignment.ts';
import type { StoredFleetState } from '../store/fleet-store.ts';
import type { NodeRecord } from '../nodes/node-record.ts';

/** The connection of an agent, as far as the fleet needs it. */
export interface FleetLink {
  readonly remote: string;
  /** The times of its certificate, in ms since 1970; absent: it presented the shared token. */
  readonly certified?: { readonly validFrom: number; readonly validUntil: number };
  /** Milliseconds since the last message. */
  silentMs(): number;
  /** The number of the newest configuration that it got by `setTarget`; undefined: none. */
  readonly targetNumber?: number | undefined;
  setTarget(config: ConfigMessage): void;
  /** Sends a person's decision; does nothing for agents that do not know such messages. */
  decide(message: DecisionMessage): void;
  end(code: number, reason: string): void;
}

/** What this controller does for the cluster; the only controller of one leads it. */
export type FleetRole = 'leader' | 'standby';

export interface Fleet {
  readonly revision: () => Revision | undefined;
  /** A fault found on disk, with a hint; undefined: none. */
  readonly problem: () => string | undefined;
  /** Takes the stored state; agents that are already connected get the configuration. */
  readonly restore: (stored: StoredFleetState) => void;
  /**
   * Keeps the reason why the stored state is not known yet.
   * @param role `standby` where that is in order, because another controller leads
   */
  readonly unknownBecause: (reason: string, role?: 'standby') => void;
  /** Undefined: the stored state is not known, and no other controller is known to lead. */
  readonly role: () => FleetRole | undefined;
  /**
   * Called before work that needs the stored state.
   * @param what `push the configuration` @throws AppError not-ready while it is not known
   */
  readonly requireKnown: (what: string) => void;
  /** The newest number that was ever used, also as an agent says; 0 for none. */
  readonly lastNumber: () => number;
  /**
   * The number of the newest stored revision, also where that cannot be read; 0 for none. Agents do
   * not change it, and a restart finds the same.
   */
  readonly storedNumber: () => number;
  /** All nodes, unsorted. */
  readonly records: () => readonly NodeRecord[];
  /** The time of the last message from the node's agent, RFC 3339. */
  readonly lastSeenAt: (record: NodeRecord) => string;
  /** Whether the node was revoked, and its agent cannot connect with the certificate or token that it had. */
  readonly isCutOff: (record: NodeRecord) => boolean;
  /**
   * When the certificate began with which the node's agent is connected, in ms since 1970; undefined: it is
   * not connected with one. Does not look through the other nodes: a person may revoke a thousand at once.
   * @param node in lower case, as nodes are known
   */
  readonly connectedFrom: (node: string) => number | undefined;
  readonly facts: () => readonly NodeFacts[];
  /** @param names default: all; an unknown one is left out */
  readonly stored: (names?: readonly string[]) => StoredNode[];
  /** Names of stored nodes whose record cannot be read, and that have not connected since. */
  readonly unreadable: () => readonly string[];
  /** The last answers of these nodes, in the form that is stored. */
  readonly answers: (names: readonly string[]) => readonly NodeAnswer[];
  /** Gives each node the revision that it is to have from now on. */
  readonly assign: (assignment: Assignment) => void;
  /** What this node is to have; undefined: there is no revision. */
  readonly assigned: (record: NodeRecord) => Assigned | undefined;
  /**
   * Takes a person's decision about the newest revision, which is on disk already, and sends it to
   * the agents that it concerns.
   * @returns their nodes
   */
  readonly setDecided: (assignment: Assignment, by: string) => readonly string[];
  /** Returns a text about a fault in the agent's message. */
  readonly join: (link: FleetLink, hello: HelloMessage) => string | undefined;
  readonly refresh: (link: FleetLink, hello: HelloMessage) => string | undefined;
  readonly reportStatus: (
    link: FleetLink,
    changed: Readonly<Record<string, unknown>>,
  ) => string | undefined;
  readonly reportProgress: (link: FleetLink, ref: RevisionRef, outcome: DeliveryOutcome) => void;
  readonly leave: (link: FleetLink, reason: string) => void;
  /** Forgets nodes that will not come back. @throws AppError, and then forgets none of them */
  readonly forget: (names: readonly string[]) => void;
  /** Forgets nodes that are away and were last seen before this moment. */
  readonly expire: (moment: string) => void;
  /** Calls the listener after each change. Returns a function that ends this. */
  readonly watch: (listener: () => void) => () => void;
  /** Calls the listener with nodes that a person, or their long absence, made it forget. */
  readonly watchForgotten: (listener: (names: readonly string[]) => void) => () => void;
}
