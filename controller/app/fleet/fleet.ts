/**
 * The nodes of a cluster: those whose agents are connected and those that were connected before, and
 * the configuration that all of them shall have.
 */
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { DeliveryOutcome } from '../../../core/protocol/controller-delivery.ts';
import type { ConfigMessage, HelloMessage } from '../../../core/protocol/messages.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import type { StoredFleetState } from '../../ports/fleet-store.ts';
import { nodeBounds, type NodeBounds } from '../nodes/node-book.ts';
import type { NodeRecord } from '../nodes/node-record.ts';
import { recordOf, storedOf } from '../nodes/read-hello.ts';
import { createAnswers } from './answers.ts';
import { createFleetRevision, type FleetRevision } from './fleet-revision.ts';
import { createForgetting, mostNamed } from './forget-nodes.ts';
import { createLinkedNodes } from './linked-nodes.ts';
import { createVisits } from './visits.ts';

/** The connection of an agent, as far as the fleet needs it. */
export interface FleetLink {
  readonly remote: string;
  /** How long ago the last message came. */
  silentMs(): number;
  setTarget(config: ConfigMessage): void;
  end(code: number, reason: string): void;
}

export interface FleetDeps {
  /** Of the revisions that this controller pushes. */
  readonly lineage: string;
  readonly logger: Logger;
  readonly now: () => string;
  /** What is worth keeping over a restart has changed. */
  readonly onKept: () => void;
  readonly bounds?: NodeBounds;
}

export interface Fleet {
  readonly revision: () => Revision | undefined;
  /** What was found wrong on disk, and what to do; undefined: nothing. */
  readonly problem: () => string | undefined;
  /** What is stored is known from now on; agents that connected before are told. */
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

/** @param before absent: not known until `restore`; meanwhile nothing is kept and no agent is told anything */
export function createFleet(before: StoredFleetState | undefined, deps: FleetDeps): Fleet {
  const { lineage, logger, now, bounds = nodeBounds } = deps;
  const gaveWay = (names: readonly string[]): void => {
    const shown = names.slice(0, mostNamed);
    logger.warn('nodes that are away gave way to a new one', { count: names.length, nodes: shown });
  };
  const nodes = createLinkedNodes({ bounds, now, gaveWay });
  const revision = createFleetRevision({ lineage, logger, links: nodes.links });
  const storage = createStorageState();
  /** What is stored and not known must not be written over. */
  const onKept = (): void => {
    if (storage.isKnown()) deps.onKept();
  };
  const learnNumber: FleetRevision['learnNumber'] = (node, accepted) => {
    if (storage.isKnown()) revision.learnNumber(node, accepted);
  };
  const restore = (found: StoredFleetState): void => {
    storage.restore(found);
    const joined = new Set(nodes.records().map(({ name }) => name));
    const away = found.nodes.map(recordOf).filter(({ name }) => !joined.has(name));
    for (const record of away.slice(0, bounds.nodes - joined.size)) nodes.putQuietly(record);
    revision.restore(found.revision, found.lastNumber);
    for (const { name, status } of nodes.records()) learnNumber(name, status?.revisions.accepted);
    if (!nodes.areAllAway()) onKept();
    nodes.changed();
  };
  if (before !== undefined) restore(before);
  const { records, lastSeenAt } = nodes;
  const { requireKnown } = storage;

  return {
    revision: revision.current,
    problem: () => storage.problem(revision.current() !== undefined),
    restore,
    requireKnown,
    unknownBecause: storage.unknownBecause,
    lastNumber: revision.lastNumber,
    records,
    facts: () => records().map(({ facts }) => facts),
    lastSeenAt,
    stored: () =>
      records().map((record) => storedOf({ ...record, lastSeenAt: lastSeenAt(record) })),
    setRevision: (next) => {
      revision.set(next);
      nodes.changed();
    },
    ...createVisits({ nodes, revision, learnNumber, logger, now, onKept }),
    ...createAnswers({ nodes, logger, now }),
    ...createForgetting({ nodes, logger, requireKnown, onKept }),
    watch: nodes.watch,
  };
}

/** Whether what is stored is known yet, and what is wrong with it. */
function createStorageState(): Pick<Fleet, 'requireKnown' | 'unknownBecause'> & {
  readonly isKnown: () => boolean;
  readonly restore: (stored: StoredFleetState) => void;
  readonly problem: (hasRevision: boolean) => string | undefined;
} {
  let stored: StoredFleetState | undefined;
  let unknown = 'what is stored has not been read yet';
  return {
    isKnown: () => stored !== undefined,
    restore: (found) => {
      stored = found;
    },
    unknownBecause: (reason) => {
      unknown = reason;
    },
    requireKnown: (what) => {
      if (stored !== undefined) return;
      throw new AppError('not-ready', `cannot ${what}: ${unknown}`, { retryable: true });
    },
    problem: (hasRevision) => {
      if (stored === undefined) return `${unknown}; agents keep what they have; it is tried again`;
      const ofRevision = hasRevision ? undefined : stored.problem;
      const found = [ofRevision, stored.nodesProblem].filter((one) => one !== undefined);
      return found.length === 0 ? undefined : found.join('; ');
    },
  };
}
