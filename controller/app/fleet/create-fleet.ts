/** Builds the fleet from its parts. */
import { AppError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { limitedLines } from '../../../runtime/pacing/limited-lines.ts';
import type { StoredFleetState } from '../store/fleet-store.ts';
import { nodeBounds, type NodeBounds } from '../nodes/node-book.ts';
import type { NodeRecord } from '../nodes/node-record.ts';
import { recordOf, storedOf } from '../nodes/read-hello.ts';
import { createAnswers } from './answers.ts';
import { createDecisions } from './decisions.ts';
import type { Fleet } from './fleet.ts';
import { createFleetRevision, type FleetRevision } from './target-revision.ts';
import { createForgetting, mostNamed } from './forget-nodes.ts';
import { createLinkedNodes } from './linked-nodes.ts';
import { createVisits } from './visits.ts';

export interface FleetDeps {
  /** The lineage of this controller's revisions. */
  readonly lineage: string;
  readonly logger: Logger;
  readonly now: () => string;
  /** Called when data that is kept over a restart has changed. */
  readonly onKept: () => void;
  readonly bounds?: NodeBounds;
}

/**
 * @param before the stored state; absent: not known until `restore`; until then nothing is stored
 * and no agent gets anything
 */
export function createFleet(before: StoredFleetState | undefined, deps: FleetDeps): Fleet {
  const { lineage, logger, now, bounds = nodeBounds } = deps;
  /** Limits lines that agents cause, for each kind. */
  const limited = (): Logger => {
    const warn = limitedLines(
      (message, fields) => logger.warn(message, fields),
      () => Date.parse(now()),
    );
    return { ...logger, warn };
  };
  const roomLogger = limited();
  const gaveWay = (names: readonly string[]): void => {
    const shown = names.slice(0, mostNamed);
    roomLogger.warn('forgot nodes that are away, to make room for a new one', {
      count: names.length,
      nodes: shown,
    });
  };
  const nodes = createLinkedNodes({ bounds, now, gaveWay });
  const revision = createFleetRevision({ lineage, logger: limited(), links: nodes.links });
  const storage = createStorageState();
  /** A stored state that is not known must not be overwritten. */
  const onKept = (): void => {
    if (storage.isKnown()) deps.onKept();
  };
  const learnNumber: FleetRevision['learnNumber'] = (node, accepted) => {
    if (storage.isKnown()) revision.learnNumber(node, accepted);
  };
  const restore = (found: StoredFleetState): void => {
    storage.restore(found);
    const known = new Set(nodes.records().map(({ name }) => name));
    const away = found.nodes.map(recordOf).filter(({ name }) => !known.has(name));
    for (const record of away.slice(0, bounds.nodes - known.size)) nodes.putQuietly(record);
    revision.restore(found.revision, found.lastNumber);
    for (const { name, status } of nodes.records()) learnNumber(name, status?.revisions.accepted);
    if (!nodes.areAllAway()) onKept();
    nodes.changed();
  };
  if (before !== undefined) restore(before);
  const decisions = createDecisions(nodes, revision);
  const { records, lastSeenAt } = nodes;
  /** Changes once an hour while the agent is connected, so that it makes few writes. */
  const storedTime = (record: NodeRecord): string => {
    if (record.connection === undefined) return record.lastSeenAt;
    const hour = `${lastSeenAt(record).slice(0, 13)}:00:00.000Z`;
    return hour > record.lastSeenAt ? hour : record.lastSeenAt;
  };
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
      records().map((record) => storedOf({ ...record, lastSeenAt: storedTime(record) })),
    setRevision: (next) => {
      revision.set(next);
      nodes.changed();
    },
    ...createVisits({ nodes, revision, learnNumber, logger: limited(), now, onKept }),
    setDecided: (next, by) => {
      revision.replace(next);
      const concerned = decisions.tellAll(by);
      nodes.changed();
      return concerned;
    },
    ...createAnswers({ nodes, logger, now, decisions }),
    ...createForgetting({ nodes, logger, requireKnown, onKept }),
    watch: nodes.watch,
  };
}

/** Whether the stored state is known yet, and its faults. */
function createStorageState(): Pick<Fleet, 'requireKnown' | 'unknownBecause'> & {
  readonly isKnown: () => boolean;
  readonly restore: (stored: StoredFleetState) => void;
  readonly problem: (hasRevision: boolean) => string | undefined;
} {
  let stored: StoredFleetState | undefined;
  let unknown = 'the stored state has not been read yet';
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
      if (stored === undefined)
        return `${unknown}; agents keep their configuration; the controller tries again`;
      return hasRevision ? undefined : stored.problem;
    },
  };
}
