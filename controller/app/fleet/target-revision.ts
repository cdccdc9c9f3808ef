/** The revisions for the nodes, and the numbers that were used. */
import { refOf, type ConfigMessage } from '../../../core/protocol/messages.ts';
import { maxLearnt, maxLearntAnew } from '../../../core/revision/number-leap.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { NodeRecord } from '../nodes/node-record.ts';
import { lastReport } from '../nodes/stored-answer.ts';
import type { Assigned, Assignment } from '../assignment/assignment.ts';
import type { FleetLink } from './fleet.ts';
import type { LinkedNodes } from './linked-nodes.ts';

export interface FleetRevision {
  /** The newest revision, which all nodes are to have at the end. */
  readonly current: () => Revision | undefined;
  readonly lastNumber: () => number;
  readonly storedNumber: () => number;
  /** Takes what is stored. */
  readonly restore: (assignment: Assignment | undefined, lastNumber: number) => void;
  /** Gives each connected node what it is to have from now on. */
  readonly assign: (assignment: Assignment) => void;
  /**
   * As assign, but only agents that connect from now on get it: it is the same revision with a
   * person's decision.
   */
  readonly replace: (assignment: Assignment) => void;
  /** What this node is to have; undefined: there is no revision. */
  readonly of: (record: NodeRecord) => Assigned | undefined;
  /** Whether the agent of this node is told now what was decided about the newest one. */
  readonly isTold: (record: NodeRecord) => boolean;
  /** Sends an agent that has connected the revision that it is to have. */
  readonly aim: (link: FleetLink, record: NodeRecord) => void;
  /** Learns numbers from agents, so that a controller that lost its state continues above them. */
  readonly learnNumber: (node: string, accepted: RevisionRef | undefined) => void;
}

export interface FleetRevisionDeps {
  /** The lineage of this controller's revisions. */
  readonly lineage: string;
  readonly logger: Logger;
  /** Visits the connected nodes. */
  readonly eachLinked: LinkedNodes['eachLinked'];
}

export function createFleetRevision({
  lineage,
  logger,
  eachLinked,
}: FleetRevisionDeps): FleetRevision {
  let assignment: Assignment | undefined;
  let lastNumber = 0;
  let storedNumber = 0;
  /** The same message for all agents, of which the frame is made once. */
  const messages = new WeakMap<Revision, ConfigMessage>();
  const messageOf = (revision: Revision): ConfigMessage => {
    const known = messages.get(revision);
    if (known !== undefined) return known;
    const message = configOf(revision);
    messages.set(revision, message);
    return message;
  };
  const of = (record: NodeRecord, link?: FleetLink): Assigned | undefined => {
    // Thousands of agents get it within moments.
    if (assignment?.ofAll !== undefined) return assignment.ofAll;
    const accepted = greatest(link?.targetNumber, acceptedOf(record, lineage));
    const { name, facts } = record;
    return assignment?.of({ name, facts, ...(accepted !== undefined && { accepted }) });
  };
  const send = (link: FleetLink, record: NodeRecord): void => {
    const revision = of(record, link)?.revision;
    if (revision !== undefined) link.setTarget(messageOf(revision));
  };
  const assignAll = (next: Assignment): void => {
    assignment = next;
    eachLinked(send);
  };
  return {
    current: () => assignment?.newest,
    lastNumber: () => lastNumber,
    storedNumber: () => storedNumber,
    restore: (found, number) => {
      storedNumber = number;
      lastNumber = number;
      if (found !== undefined) assignAll(found);
    },
    assign: (next) => {
      storedNumber = next.newest.number;
      lastNumber = Math.max(lastNumber, storedNumber);
      assignAll(next);
    },
    replace: (next) => {
      assignment = next;
    },
    of: (record) => of(record),
    isTold: (record) => assignment?.isTold(record) ?? false,
    aim: send,
    learnNumber: (node, accepted) => {
      if (accepted?.lineage !== lineage || accepted.number <= lastNumber) return;
      const { number } = accepted;
      const about = { node, revision: number, known: lastNumber };
      const newest = assignment?.newest;
      const highest = newest === undefined ? maxLearntAnew : newest.number + maxLearnt;
      if (number > highest) {
        logger.warn('ignoring an impossible revision number of an agent', about);
        return;
      }
      lastNumber = number;
      logger.warn('an agent has a newer revision than this controller knows: push again', about);
    },
  };
}

/** The newest number of the lineage that the node has accepted, as far as is known. */
function acceptedOf(record: NodeRecord, lineage: string): number | undefined {
  const { progress, newest } = record;
  const taken = progress?.outcome.kind === 'stage' ? progress.ref : undefined;
  return [lastReport(record).accepted, newest, taken]
    .map((ref) => (ref?.lineage === lineage ? ref.number : undefined))
    .reduce(greatest, undefined);
}

function greatest(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.max(one, other);
}

function configOf(revision: Revision): ConfigMessage {
  const { mediaType, text, by, retry, acceptLoss, noGuard, confirmSeconds, decided } = revision;
  const { clusterShare } = revision;
  return {
    type: 'config',
    ...refOf(revision),
    mediaType,
    text,
    by,
    ...(retry !== undefined && { retry }),
    ...(acceptLoss !== undefined && { acceptLoss }),
    ...(noGuard !== undefined && { noGuard }),
    ...(clusterShare !== undefined && { clusterShare }),
    // If a person confirmed it, the health of a node that connects later decides.
    ...(confirmSeconds !== undefined && decided === undefined && { confirmSeconds }),
  };
}
