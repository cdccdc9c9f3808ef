/** Handles agents that connect, send changed facts, and disconnect. */
import { closeCodes } from '../../../core/protocol/close.ts';
import {
  controllerLineage,
  refOf,
  sameRef,
  type HelloMessage,
} from '../../../core/protocol/messages.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { limitedLines } from '../../../runtime/pacing/limited-lines.ts';
import type { NodeProgress, NodeRecord, Replacement } from '../nodes/node-record.ts';
import { isStoredAlike, readCapabilities, readFacts } from '../nodes/read-hello.ts';
import type { SharedParts } from '../nodes/shared-parts.ts';
import { recentReplacement, replacementBy, withArrival, type Arrival } from '../nodes/rivals.ts';
import type { Fleet, FleetLink } from './fleet.ts';
import type { FleetRevision } from './target-revision.ts';
import type { LinkedNodes } from './linked-nodes.ts';

export interface VisitDeps {
  readonly nodes: LinkedNodes;
  readonly parts: SharedParts;
  readonly revision: Pick<FleetRevision, 'aim'>;
  readonly learnNumber: FleetRevision['learnNumber'];
  readonly logger: Logger;
  /** RFC 3339. */
  readonly now: () => string;
  /** Called when data that is kept over a restart has changed. */
  readonly onKept: (node: string) => void;
}

export function createVisits(deps: VisitDeps): Pick<Fleet, 'join' | 'refresh' | 'leave'> {
  const { nodes, parts, logger, now, onKept } = deps;
  const logVisit = limitedLines(
    (message, fields) => logger.info(message, fields),
    () => Date.parse(now()),
  );
  return {
    join: (link, hello) => {
      const read = readFacts(hello, nodes.get);
      if (typeof read === 'string') return read;
      if (isImpostor(link, nodes.linkOf(read.name))) return 'the node is connected by certificate';
      const full = nodes.makeRoom(read, link.remote);
      if (full !== undefined) return full;
      const arrival = arrivalOf(link, hello, now());
      const replaced = takePlace(deps, read.name, arrival);
      const newest = newestIn(hello);
      deps.learnNumber(read.name, newest);
      const known = nodes.get(read.name);
      const { progress: before, complaint, instances } = known ?? {};
      const progress = before && stillCounts(before, hello) ? before : undefined;
      const { remote, at } = arrival;
      const { knowsDecisions, knowsClusterShare } = readCapabilities(hello.capabilities);
      // Without spreading, which takes longer than the rest of it.
      const record: NodeRecord = {
        name: read.name,
        facts: read.facts === known?.facts ? read.facts : parts.facts(read.facts),
        factsBytes: read.factsBytes,
        agentVersion: parts.text(hello.agentVersion),
        lastSeenAt: seenAt(known, at),
        address: remote,
        identity: {
          by: link.certified === undefined ? 'shared-token' : 'certificate',
          ...certificateOf(link),
        },
        connection: { since: at, remote, ...certificateOf(link) },
        instances: withArrival(instances, arrival),
        newest,
        knowsDecisions,
        knowsClusterShare,
        progress,
        complaint,
        replaced,
      };
      nodes.putQuietly(record);
      nodes.attach(read.name, link);
      nodes.changed();
      // After a restart all nodes come back as they were, and none of them has to be written.
      if (known?.connection !== undefined || !isStoredAlike(known, record)) onKept(record.name);
      logVisit('an agent connected', { node: read.name, remote });
      deps.revision.aim(link, record);
      return undefined;
    },
    refresh: (link, hello) => {
      const record = nodes.nodeOf(link);
      if (record === undefined) return undefined;
      const read = readFacts(hello, nodes.get);
      if (typeof read === 'string') return read;
      const full = nodes.makeRoom(read, link.remote);
      if (full !== undefined) return full;
      nodes.put({ ...record, ...read, facts: parts.facts(read.facts) });
      onKept(record.name);
      return undefined;
    },
    leave: (link, reason) => {
      const record = nodes.detach(link);
      if (record === undefined) return;
      const { connection: _connection, ...away } = record;
      // The time of the last message, because a silent connection is ended long after it.
      nodes.put({ ...away, lastSeenAt: nodes.heardAt(link) });
      onKept(record.name);
      logVisit('an agent left', { node: record.name, remote: link.remote, reason });
    },
  };
}

/** The stored time changes once an hour: a node that was seen in this hour keeps it while it is connected. */
function seenAt(known: NodeRecord | undefined, at: string): string {
  if (known === undefined || known.connection !== undefined) return at;
  const { lastSeenAt } = known;
  return lastSeenAt.slice(0, hourLength) === at.slice(0, hourLength) && lastSeenAt <= at
    ? lastSeenAt
    : at;
}

/** Of `2026-01-01T00`. */
const hourLength = 13;

/**
 * The newest revision of the controller that the agent says it has accepted: also one that it rolled
 * back, because it refuses every smaller number.
 */
function newestIn({
  cluster,
  revisions: { accepted, rejected },
}: HelloMessage): RevisionRef | undefined {
  const lineage = controllerLineage(cluster);
  if (rejected.length === 0) return accepted?.lineage === lineage ? accepted : undefined;
  return [...(accepted === undefined ? [] : [accepted]), ...rejected.map(refOf)]
    .filter((ref) => ref.lineage === lineage)
    .toSorted((one, other) => one.number - other.number)
    .at(-1);
}

/** The agent's words now win over its earlier answers, such as those before it lost its state. */
function stillCounts({ ref, outcome }: NodeProgress, { revisions }: HelloMessage): boolean {
  const { accepted } = revisions;
  return outcome.kind !== 'stage' || (accepted !== undefined && sameRef(accepted, ref));
}

/** Whether the shared token tries to take the place of a certificate. */
function isImpostor(link: FleetLink, older: FleetLink | undefined): boolean {
  return link.certified === undefined && older?.certified !== undefined;
}

function certificateOf({ certified }: FleetLink): { readonly certificateUntil?: string } {
  if (certified === undefined) return {};
  return { certificateUntil: new Date(certified.validUntil).toISOString() };
}

function arrivalOf({ remote }: FleetLink, { instance }: HelloMessage, at: string): Arrival {
  return { remote, at, ...(instance === undefined ? {} : { instance }) };
}

/** Ends an older connection of the node. */
function takePlace(
  { nodes, logger }: Pick<VisitDeps, 'nodes' | 'logger'>,
  name: string,
  arrival: Arrival,
): Replacement | undefined {
  const older = nodes.linkOf(name);
  const record = nodes.get(name);
  if (older === undefined) return recentReplacement(record?.replaced, arrival.at);
  const replaced = replacementBy(arrival, record, older.remote);
  const { by, from, count } = replaced;
  logger.warn('a newer connection takes the place of the one of this node', {
    node: name,
    by,
    from,
    count,
  });
  older.end(closeCodes.replaced, `a newer connection from ${by} took the place of this one`);
  return replaced;
}
