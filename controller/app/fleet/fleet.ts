/**
 * The nodes of a cluster: those whose agents are connected and those that were seen before, and
 * the configuration that all of them shall have.
 */
import type { NodeFacts } from '../../../core/facts/facts.ts';
import { closeCodes } from '../../../core/protocol/close.ts';
import type { DeliveryOutcome } from '../../../core/protocol/controller-delivery.ts';
import { refOf, type ConfigMessage, type HelloMessage } from '../../../core/protocol/messages.ts';
import { maxLearnt, maxLearntAnew } from '../../../core/revision/number-leap.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import { limitedLines } from '../../../runtime/pacing/limited-lines.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import type { StoredFleetState } from '../../ports/fleet-store.ts';
import { keptOutcome, keptStatus } from '../nodes/kept-answers.ts';
import { createNodeBook, nodeBounds, type NodeBounds } from '../nodes/node-book.ts';
import type { NodeRecord, Replacement } from '../nodes/node-record.ts';
import { logProgress, takenOverBy } from '../nodes/progress.ts';
import { readFacts, recordOf, storedOf } from '../nodes/read-hello.ts';
import { readStatus } from '../nodes/read-status.ts';
import { recentReplacement, replacementBy, withArrival, type Arrival } from '../nodes/rivals.ts';

/** The connection of an agent, as far as the fleet needs it. */
interface FleetLink {
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

/** In one line of the log. */
const mostNamed = 10;

/** @param before absent: not known until `restore`; meanwhile nothing is kept and no agent is told anything */
export function createFleet(before: StoredFleetState | undefined, deps: FleetDeps): Fleet {
  const { lineage, logger, now, bounds = nodeBounds } = deps;
  const nodes = createNodeBook([], bounds, (names) => {
    const shown = names.slice(0, mostNamed);
    logger.warn('nodes that are away gave way to a new one', { count: names.length, nodes: shown });
  });
  const clock = (): number => Date.parse(now());
  const sayVisit = limitedLines((message, fields) => logger.info(message, fields), clock);
  const sayRefusal = limitedLines((message, fields) => logger.warn(message, fields), clock);
  const links = new Map<string, FleetLink>();
  const names = new Map<FleetLink, string>();
  const watchers = new Set<() => void>();
  let stored: StoredFleetState | undefined;
  let unknown = 'what is stored has not been read yet';
  let revision: Revision | undefined;
  let lastNumber = 0;
  let target: ConfigMessage | undefined;

  /** What is stored and not known must not be written over. */
  const onKept = (): void => {
    if (stored !== undefined) deps.onKept();
  };
  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  /** The node of this link, unless a newer link has taken its place. */
  const current = (link: FleetLink): NodeRecord | undefined => {
    const name = names.get(link);
    return name !== undefined && links.get(name) === link ? nodes.get(name) : undefined;
  };
  const put = (record: NodeRecord): void => {
    nodes.put(record);
    changed();
  };
  const takePlace = (name: string, arrival: Arrival): Replacement | undefined => {
    const older = links.get(name);
    const record = nodes.get(name);
    if (older === undefined) return recentReplacement(record?.replaced, arrival.at);
    const replaced = replacementBy(arrival, record, older.remote);
    const { by, from, count } = replaced;
    logger.warn(`a newer connection takes the place of node "${name}"'s`, { by, from, count });
    older.end(closeCodes.replaced, `a newer connection from ${by} took the place of this one`);
    return replaced;
  };
  /** A controller that lost its state goes on above what the agents have of it. */
  const learnNumber = (node: string, accepted: RevisionRef | undefined): void => {
    if (stored === undefined) return;
    if (accepted?.lineage !== lineage || accepted.number <= lastNumber) return;
    const { number } = accepted;
    const about = { node, number, known: lastNumber };
    const highest = revision === undefined ? maxLearntAnew : revision.number + maxLearnt;
    if (number > highest) {
      logger.warn('an agent says a number that cannot be: it is ignored', about);
      return;
    }
    lastNumber = number;
    logger.warn('an agent has a newer revision than is known here: push again', about);
  };

  const heardAt = (link: FleetLink): string =>
    new Date(Date.parse(now()) - link.silentMs()).toISOString();
  const lastSeenAt = (record: NodeRecord): string => {
    const link = links.get(record.name);
    return link === undefined ? record.lastSeenAt : heardAt(link);
  };

  const aim = (next: Revision): void => {
    revision = next;
    const config = configOf(next);
    target = config;
    for (const link of links.values()) link.setTarget(config);
  };
  const restore = (found: StoredFleetState): void => {
    stored = found;
    const joined = new Set(nodes.records().map(({ name }) => name));
    const away = found.nodes.map(recordOf).filter(({ name }) => !joined.has(name));
    for (const record of away.slice(0, bounds.nodes - joined.size)) nodes.put(record);
    ({ lastNumber } = found);
    if (found.revision !== undefined) aim(found.revision);
    for (const { name, status } of nodes.records()) learnNumber(name, status?.revisions.accepted);
    if (links.size > 0) onKept();
    changed();
  };
  if (before !== undefined) restore(before);
  const requireKnown = (what: string): void => {
    if (stored !== undefined) return;
    throw new AppError('not-ready', `cannot ${what}: ${unknown}`, { retryable: true });
  };
  const problem = (): string | undefined => {
    if (stored === undefined) return `${unknown}; agents keep what they have; it is tried again`;
    const ofRevision = revision === undefined ? stored.problem : undefined;
    const found = [ofRevision, stored.nodesProblem].filter((one) => one !== undefined);
    return found.length === 0 ? undefined : found.join('; ');
  };

  return {
    revision: () => revision,
    problem,
    restore,
    requireKnown,
    unknownBecause: (reason) => {
      unknown = reason;
    },
    lastNumber: () => lastNumber,
    records: nodes.records,
    facts: () => nodes.records().map(({ facts }) => facts),
    lastSeenAt,
    stored: () =>
      nodes.records().map((record) => storedOf({ ...record, lastSeenAt: lastSeenAt(record) })),
    setRevision: (next) => {
      lastNumber = next.number;
      aim(next);
      changed();
    },
    join: (link, hello) => {
      const read = readFacts(hello);
      if (typeof read === 'string') return read;
      const { name } = read;
      const full = nodes.makeRoom(read, link.remote);
      if (full !== undefined) return full;
      const at = now();
      const { instance, agentVersion } = hello;
      const { remote } = link;
      const arrival = { remote, at, ...(instance === undefined ? {} : { instance }) };
      const replaced = takePlace(name, arrival);
      learnNumber(name, hello.revisions.accepted);
      const { progress, complaint, instances } = nodes.get(name) ?? {};
      links.set(name, link);
      names.set(link, name);
      put({
        ...read,
        agentVersion,
        lastSeenAt: at,
        address: remote,
        connection: { since: at, remote },
        instances: withArrival(instances, arrival),
        ...(progress === undefined ? {} : { progress }),
        ...(complaint === undefined ? {} : { complaint }),
        ...(replaced === undefined ? {} : { replaced }),
      });
      onKept();
      sayVisit('an agent joined', { node: name, remote });
      if (target !== undefined) link.setTarget(target);
      return undefined;
    },
    refresh: (link, hello) => {
      const record = current(link);
      if (record === undefined) return undefined;
      const read = readFacts(hello);
      if (typeof read === 'string') return read;
      const full = nodes.makeRoom(read, link.remote);
      if (full !== undefined) return full;
      put({ ...record, ...read });
      onKept();
      return undefined;
    },
    reportStatus: (link, changes) => {
      const record = current(link);
      if (record === undefined) return undefined;
      const status = readStatus(record.status, changes);
      if (typeof status === 'string') return status;
      const { takenOver: known, ...rest } = record;
      const takenOver =
        'revisions' in changes ? takenOverBy(status.revisions.accepted, record.progress) : known;
      put({
        ...rest,
        status: keptStatus(status),
        ...('resolved' in changes ? { peers: status.resolved?.peers.length ?? 0 } : {}),
        ...(takenOver === undefined ? {} : { takenOver }),
      });
      return undefined;
    },
    reportProgress: (link, ref, said) => {
      const record = current(link);
      if (record === undefined) return;
      const outcome = keptOutcome(said);
      const complaint = logProgress({ debug: logger.debug, warn: sayRefusal }, record, {
        ref,
        outcome,
      });
      const { takenOver: _takenOver, complaint: _complaint, ...rest } = record;
      const kept = { ...rest, ...(complaint === undefined ? {} : { complaint }) };
      // What is said about an older revision does not count any more.
      const old = (record.progress?.ref.number ?? 0) > ref.number;
      put(old ? { ...record, ...kept } : { ...kept, progress: { ref, outcome } });
    },
    leave: (link, reason) => {
      const record = current(link);
      names.delete(link);
      if (record === undefined) return;
      links.delete(record.name);
      const { connection: _connection, ...away } = record;
      // Not now: a connection that went silent is given up long after its last message.
      put({ ...away, lastSeenAt: heardAt(link) });
      onKept();
      sayVisit('an agent left', { node: record.name, remote: link.remote, reason });
    },
    forget: (given) => {
      requireKnown('forget nodes');
      const forgotten = given.map((name) => name.toLowerCase());
      for (const name of forgotten) refuseForgetting(name, nodes.get(name));
      for (const name of forgotten) nodes.remove(name);
      logger.info('forgot nodes', { nodes: forgotten });
      onKept();
      changed();
    },
    expire: (moment) => {
      const gone = nodes
        .records()
        .filter((record) => record.connection === undefined && record.lastSeenAt < moment)
        .map(({ name }) => name);
      if (gone.length === 0) return;
      for (const name of gone) nodes.remove(name);
      logger.info('forgot nodes that are away for too long', {
        count: gone.length,
        nodes: gone.slice(0, mostNamed),
      });
      onKept();
      changed();
    },
    watch: (listener) => {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
  };
}

function configOf(revision: Revision): ConfigMessage {
  const { mediaType, text, by, retry } = revision;
  const config = { type: 'config', ...refOf(revision), mediaType, text, by } as const;
  return retry === undefined ? config : { ...config, retry };
}

function refuseForgetting(name: string, record: NodeRecord | undefined): void {
  if (record === undefined) {
    throw new AppError('not-found', `cannot forget the node "${name}": it is not known`);
  }
  if (record.connection === undefined) return;
  throw new AppError(
    'bad-request',
    `cannot forget the node "${name}": it is connected; stop its agent first`,
  );
}
