/** Builds the fleet from its parts. */
import type { Logger } from '../../../runtime/log/logger.ts';
import { limitedLines } from '../../../runtime/pacing/limited-lines.ts';
import { assignmentOf, forAll, type Assignment } from '../assignment/assignment.ts';
import type { NodeAnswer } from '../store/answer-records.ts';
import type { StoredFleetState } from '../store/fleet-store.ts';
import { nodeBounds, type NodeBounds } from '../nodes/node-book.ts';
import type { NodeRecord } from '../nodes/node-record.ts';
import { recordOf, storedOf } from '../nodes/read-hello.ts';
import { createSharedParts, type SharedParts } from '../nodes/shared-parts.ts';
import { storedAnswer } from '../nodes/stored-answer.ts';
import { createAnswers } from './answers.ts';
import { createDecisions } from './decisions.ts';
import { isCutOff } from '../identity/cut-off.ts';
import type { Revocations } from '../identity/revocations.ts';
import type { Fleet } from './fleet.ts';
import { createFleetRevision, type FleetRevision } from './target-revision.ts';
import { createForgetting, mostNamed } from './forget-nodes.ts';
import { createLinkedNodes, type LinkedNodes } from './linked-nodes.ts';
import { createStorageState } from './storage-state.ts';
import { createVisits } from './visits.ts';

export interface FleetDeps {
  /** The lineage of this controller's revisions. */
  readonly lineage: string;
  readonly logger: Logger;
  readonly now: () => string;
  /**
   * Called when data that is kept over a restart has changed.
   * @param node absent: nodes were removed, or any may have changed
   */
  readonly onKept: (node?: string) => void;
  /** Called when the last answers of this node have changed. */
  readonly onAnswer?: (node: string) => void;
  /** Absent: no node was revoked. */
  readonly revocations?: Pick<Revocations, 'revokedAt'>;
  readonly bounds?: NodeBounds;
}

/**
 * @param before the stored state; absent: not known until `restore`; until then nothing is stored
 * and no agent gets anything
 */
export function createFleet(before: StoredFleetState | undefined, deps: FleetDeps): Fleet {
  const { lineage, logger, now, bounds = nodeBounds, revocations } = deps;
  const limited = (): Logger => limitedLogger(logger, now);
  const roomLogger = limited();
  const gaveWay = (names: readonly string[]): void => {
    onKept();
    const shown = names.slice(0, mostNamed);
    roomLogger.warn('forgot nodes that are away, to make room for a new one', {
      count: names.length,
      nodes: shown,
    });
  };
  const parts = createSharedParts();
  const nodes = createLinkedNodes({ bounds, now, gaveWay });
  const revision = createFleetRevision({
    lineage,
    logger: limited(),
    eachLinked: nodes.eachLinked,
  });
  const storage = createStorageState();
  /** A stored state that is not known must not be overwritten. */
  const onKept = (node?: string): void => void (storage.isKnown() && deps.onKept(node));
  const onAnswer = (node: string): void => void (storage.isKnown() && deps.onAnswer?.(node));
  const learnNumber: FleetRevision['learnNumber'] = (node, accepted) => {
    if (storage.isKnown()) revision.learnNumber(node, accepted);
  };
  const restore = (found: StoredFleetState): void => {
    storage.restore(found);
    const known = new Set(nodes.records().map(({ name }) => name));
    const away = recordsOf(found, parts).filter(({ name }) => !known.has(name));
    for (const record of away.slice(0, bounds.nodes - known.size)) nodes.putQuietly(record);
    revision.restore(assignmentIn(found), found.lastNumber);
    for (const { name, status, newest } of nodes.records()) {
      learnNumber(name, newest);
      learnNumber(name, status?.revisions.accepted);
    }
    if (!nodes.areAllAway()) onKept();
    for (const name of known) onAnswer(name);
    nodes.changed();
  };
  if (before !== undefined) restore(before);
  const decisions = createDecisions(nodes, revision);
  const { records, lastSeenAt } = nodes;
  const { requireKnown, unknownBecause, role } = storage;
  const unreadable = (): readonly string[] =>
    storage.unreadable().filter((name) => nodes.get(name) === undefined);

  return {
    revision: revision.current,
    problem: () => storage.problem(revision.current() !== undefined, unreadable()),
    restore,
    requireKnown,
    ...{ unknownBecause, role },
    ...{ lastNumber: revision.lastNumber, storedNumber: revision.storedNumber },
    ...{ records, lastSeenAt },
    facts: () => records().map(({ facts }) => facts),
    isCutOff: (record) => isCutOff(record, revocations),
    connectedFrom: (node) => nodes.linkOf(node)?.certified?.validFrom,
    stored: (names) =>
      recordsNamed(names, nodes).map((record) =>
        storedOf({ ...record, lastSeenAt: storedTime(record, lastSeenAt(record)) }),
      ),
    unreadable,
    answers: (names) => names.map((node) => answerOf(node, nodes.get(node))),
    assign: (next) => {
      revision.assign(next);
      // The turn of further nodes may have come.
      if (next.newest.decided !== undefined) decisions.tellAll(next.newest.by);
      nodes.changed();
    },
    assigned: revision.of,
    ...createVisits({ nodes, parts, revision, learnNumber, logger: limited(), now, onKept }),
    setDecided: (next, by) => {
      revision.replace(next);
      const concerned = decisions.tellAll(by);
      nodes.changed();
      return concerned;
    },
    ...createAnswers({ nodes, parts, logger, now, decisions, onAnswer }),
    ...createForgetting({ nodes, storage, logger, requireKnown, onKept }),
    watch: nodes.watch,
  };
}

/** @param names undefined: all */
function recordsNamed(
  names: readonly string[] | undefined,
  nodes: Pick<LinkedNodes, 'get' | 'records'>,
): readonly NodeRecord[] {
  return names?.flatMap((name) => nodes.get(name) ?? []) ?? nodes.records();
}

function assignmentIn({ rollout, revision }: StoredFleetState): Assignment | undefined {
  if (rollout !== undefined) return assignmentOf(rollout);
  return revision === undefined ? undefined : forAll(revision);
}

/** Limits lines that agents cause, for each kind. */
function limitedLogger(logger: Logger, now: () => string): Logger {
  const warn = limitedLines(
    (message, fields) => logger.warn(message, fields),
    () => Date.parse(now()),
  );
  return { ...logger, warn };
}

function recordsOf(
  { nodes, answers }: StoredFleetState,
  parts: Pick<SharedParts, 'facts' | 'text'>,
): readonly NodeRecord[] {
  return nodes.map((node) => {
    const record = recordOf(node, answers?.get(node.name.toLowerCase()));
    const { facts, agentVersion } = record;
    return { ...record, facts: parts.facts(facts), agentVersion: parts.text(agentVersion) };
  });
}

function answerOf(node: string, record: NodeRecord | undefined): NodeAnswer {
  const answer = record && storedAnswer(record);
  return { node, ...(answer !== undefined && { answer }) };
}

/** Changes once an hour while the agent is connected, so that it makes few writes. */
function storedTime({ connection, lastSeenAt }: NodeRecord, lastHeardAt: string): string {
  if (connection === undefined) return lastSeenAt;
  const hour = `${lastHeardAt.slice(0, 13)}:00:00.000Z`;
  return hour > lastSeenAt ? hour : lastSeenAt;
}
