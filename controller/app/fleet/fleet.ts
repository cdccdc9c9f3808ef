/**
 * The nodes of a cluster: those whose agents are connected and those that were connected before, and
 * the configuration that all of them shall have.
 */
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { DeliveryOutcome } from '../../../core/protocol/controller-delivery.ts';
import type {
  ConfigMessage,
  DecisionMessage,
  HelloMessage,
} from '../../../core/protocol/messages.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import type { StoredFleetState } from '../../ports/fleet-store.ts';
import type { NodeRecord } from '../nodes/node-record.ts';

/** The connection of an agent, as far as the fleet needs it. */
export interface FleetLink {
  readonly remote: string;
  /** How long ago the last message came. */
  silentMs(): number;
  setTarget(config: ConfigMessage): void;
  /** What a person decided; agents that do not know that get nothing. */
  decide(message: DecisionMessage): void;
  end(code: number, reason: string): void;
}

export interface Fleet {
  readonly revision: () => Revision | undefined;
  /** What was found wrong on disk, and what to do; undefined: nothing. */
  readonly problem: () => string | undefined;
  /** What is stored is known from now on; agents that connected before get it. */
  readonly restore: (stored: StoredFleetState) => void;
  /** Why what is stored is not known yet. */
  readonly unknownBecause: (reason: string) => void;
  /**
   * Before anything that goes by what is stored.
   * @param what `push the configuration` @throws AppError not-ready while it is not known
   */
  readonly requireKnown: (what: string) => void;
  /** The newest number that was ever used; 0 for none. */
  readonly lastNumber: () => number;
  /** In no order. */
  readonly records: () => readonly NodeRecord[];
  /** When the node's agent last sent something, RFC 3339. */
  readonly lastSeenAt: (record: NodeRecord) => string;
  readonly facts: () => readonly NodeFacts[];
  readonly stored: () => StoredNode[];
  /** From now on all nodes shall have this revision. */
  readonly setRevision: (revision: Revision) => void;
  /**
   * A person decided about the newest revision, as it is on disk: tells the agents that are concerned.
   * @returns their nodes
   */
  readonly setDecided: (revision: Revision, by: string) => readonly string[];
  /** A returned text is what is wrong with what the agent sent. */
  readonly join: (link: FleetLink, hello: HelloMessage) => string | undefined;
  readonly refresh: (link: FleetLink, hello: HelloMessage) => string | undefined;
  readonly reportStatus: (
    link: FleetLink,
    changed: Readonly<Record<string, unknown>>,
  ) => string | undefined;
  readonly reportProgress: (link: FleetLink, ref: RevisionRef, outcome: DeliveryOutcome) => void;
  readonly leave: (link: FleetLink, reason: string) => void;
  /** Nodes that will not come back. @throws AppError, and then forgets none of them */
  readonly forget: (names: readonly string[]) => void;
  /** Forgets nodes that are away and were last seen before this moment. */
  readonly expire: (moment: string) => void;
  /** Called after anything changed. Returns how to end that. */
  readonly watch: (listener: () => void) => () => void;
}
