/**
 * The nodes of a cluster: those whose agents are connected and those that were seen before, and
 * the configuration that all of them shall have.
 */
import { factsFromInput, factsToInput } from '../../core/facts/from-input.ts';
import type { NodeFacts } from '../../core/facts/facts.ts';
import { hasErrors } from '../../core/issue.ts';
import { closeCodes } from '../../core/protocol/close.ts';
import type { DeliveryOutcome } from '../../core/protocol/controller-delivery.ts';
import { refOf, type ConfigMessage, type HelloMessage } from '../../core/protocol/messages.ts';
import { applyStatusChanges } from '../../core/protocol/status-changes.ts';
import type { Revision, RevisionRef } from '../../core/revision/revision.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { StoredNode } from '../../schemas/generated/controller-state.ts';
import { isAgentStatus } from '../../schemas/generated/agent-status.validator.js';
import type { StoredFleetState } from '../ports/fleet-store.ts';
import type { NodeProgress, NodeRecord, Replacement } from './node-record.ts';

/** The connection of an agent, as far as the fleet needs it. */
interface FleetLink {
  readonly remote: string;
  setTarget(config: ConfigMessage): void;
  end(code: number, reason: string): void;
}

export interface FleetDeps {
  readonly logger: Logger;
  readonly now: () => string;
  /** What is worth keeping over a restart has changed. */
  readonly onKept: () => void;
}

export interface Fleet {
  readonly revision: () => Revision | undefined;
  /** The newest number that was ever used; 0 for none. */
  readonly lastNumber: () => number;
  /** In no order. */
  readonly records: () => readonly NodeRecord[];
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
  /** Called after anything changed. Returns how to end that. */
  readonly watch: (listener: () => void) => () => void;
}

export function createFleet(before: StoredFleetState, { logger, now, onKept }: FleetDeps): Fleet {
  const nodes = new Map(before.nodes.map((node) => [node.name, recordOf(node)]));
  const links = new Map<string, FleetLink>();
  const names = new Map<FleetLink, string>();
  const watchers = new Set<() => void>();
  let { revision, lastNumber } = before;
  let target = revision === undefined ? undefined : configOf(revision);

  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  /** The node of this link, unless a newer link has taken its place. */
  const current = (link: FleetLink): NodeRecord | undefined => {
    const name = names.get(link);
    return name !== undefined && links.get(name) === link ? nodes.get(name) : undefined;
  };
  const put = (record: NodeRecord): void => {
    nodes.set(record.name, record);
    changed();
  };
  const takePlace = (link: FleetLink, name: string): Replacement | undefined => {
    const older = links.get(name);
    const earlier = nodes.get(name)?.replaced;
    if (older === undefined) return earlier;
    const [by, from] = [link.remote, older.remote];
    const count = (earlier?.count ?? 0) + 1;
    logger.warn(`a newer connection takes the place of node "${name}"'s`, { by, from, count });
    older.end(closeCodes.replaced, `a newer connection from ${by} took the place of this one`);
    return { count, at: now(), by, from };
  };

  return {
    revision: () => revision,
    lastNumber: () => lastNumber,
    records: () => [...nodes.values()],
    facts: () => [...nodes.values()].map(({ facts }) => facts),
    stored: () => [...nodes.values()].map(storedOf),
    setRevision: (next) => {
      revision = next;
      lastNumber = next.number;
      const config = configOf(next);
      target = config;
      for (const link of links.values()) link.setTarget(config);
      changed();
    },
    join: (link, hello) => {
      const read = readFacts(hello);
      if (typeof read === 'string') return read;
      const replaced = takePlace(link, hello.node);
      const { progress } = nodes.get(hello.node) ?? {};
      links.set(hello.node, link);
      names.set(link, hello.node);
      put({
        name: hello.node,
        facts: read,
        agentVersion: hello.agentVersion,
        lastSeenAt: now(),
        connection: { since: now(), remote: link.remote },
        ...(progress === undefined ? {} : { progress }),
        ...(replaced === undefined ? {} : { replaced }),
      });
      onKept();
      logger.info('an agent joined', { node: hello.node, remote: link.remote });
      if (target !== undefined) link.setTarget(target);
      return undefined;
    },
    refresh: (link, hello) => {
      const record = current(link);
      if (record === undefined) return undefined;
      const read = readFacts(hello);
      if (typeof read === 'string') return read;
      put({ ...record, facts: read });
      onKept();
      return undefined;
    },
    reportStatus: (link, changes) => {
      const record = current(link);
      if (record === undefined) return undefined;
      const status = applyStatusChanges({ ...record.status }, changes);
      if (!isAgentStatus(status)) return 'the status breaks its schema';
      put({ ...record, status });
      return undefined;
    },
    reportProgress: (link, ref, outcome) => {
      const record = current(link);
      if (record === undefined) return;
      logProgress(logger, record.name, { ref, outcome });
      // What is said about an older revision does not count any more.
      if ((record.progress?.ref.number ?? 0) > ref.number) return;
      put({ ...record, progress: { ref, outcome } });
    },
    leave: (link, reason) => {
      const record = current(link);
      names.delete(link);
      if (record === undefined) return;
      links.delete(record.name);
      const { connection: _connection, ...away } = record;
      put({ ...away, lastSeenAt: now() });
      onKept();
      logger.info('an agent left', { node: record.name, remote: link.remote, reason });
    },
    watch: (listener) => {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
  };
}

function configOf(revision: Revision): ConfigMessage {
  const { mediaType, text, by } = revision;
  return { type: 'config', ...refOf(revision), mediaType, text, by };
}

function recordOf({ name, facts, agentVersion, lastSeenAt }: StoredNode): NodeRecord {
  return { name, facts: factsFromInput(facts, name).facts, agentVersion, lastSeenAt };
}

function storedOf({ name, facts, agentVersion, lastSeenAt }: NodeRecord): StoredNode {
  return { name, facts: factsToInput(facts), agentVersion, lastSeenAt };
}

/** A text where they cannot be used. */
function readFacts({ facts, node }: HelloMessage): NodeFacts | string {
  const read = factsFromInput(facts, node);
  if (!hasErrors(read.issues)) return { ...read.facts, name: node };
  return `the facts are wrong: ${read.issues.map(({ message }) => message).join('; ')}`;
}

function logProgress(logger: Logger, node: string, { ref, outcome }: NodeProgress): void {
  const { number } = ref;
  if (outcome.kind !== 'nack') {
    logger.debug(outcome.kind === 'sent' ? 'sent' : outcome.stage, { node, number });
    return;
  }
  const { code, message } = outcome;
  logger.warn('an agent did not take the configuration', { node, number, code, message });
}
