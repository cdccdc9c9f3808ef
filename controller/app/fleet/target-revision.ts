/** The revision for all nodes, and the numbers that were used. */
import { refOf, type ConfigMessage } from '../../../core/protocol/messages.ts';
import { maxLearnt, maxLearntAnew } from '../../../core/revision/number-leap.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { FleetLink } from './fleet.ts';

export interface FleetRevision {
  readonly current: () => Revision | undefined;
  readonly lastNumber: () => number;
  /** Takes the stored revision. */
  readonly restore: (revision: Revision | undefined, lastNumber: number) => void;
  /** Makes this the revision for all nodes. */
  readonly set: (revision: Revision) => void;
  /**
   * Replaces it by the same revision with a person's decision, for agents that connect from now on.
   */
  readonly replace: (revision: Revision) => void;
  /** Sends the revision to an agent that has connected. */
  readonly aim: (link: FleetLink) => void;
  /** Learns numbers from agents, so that a controller that lost its state continues above them. */
  readonly learnNumber: (node: string, accepted: RevisionRef | undefined) => void;
}

export interface FleetRevisionDeps {
  /** The lineage of this controller's revisions. */
  readonly lineage: string;
  readonly logger: Logger;
  readonly links: () => Iterable<FleetLink>;
}

export function createFleetRevision({ lineage, logger, links }: FleetRevisionDeps): FleetRevision {
  let revision: Revision | undefined;
  let message: ConfigMessage | undefined;
  let lastNumber = 0;
  const take = (next: Revision): void => {
    revision = next;
    message = next.decided === 'rolled-back' ? undefined : configOf(next);
  };
  const aimAll = (next: Revision): void => {
    take(next);
    if (message !== undefined) for (const link of links()) link.setTarget(message);
  };
  return {
    current: () => revision,
    lastNumber: () => lastNumber,
    restore: (found, number) => {
      lastNumber = number;
      if (found !== undefined) aimAll(found);
    },
    set: (next) => {
      lastNumber = next.number;
      aimAll(next);
    },
    replace: take,
    aim: (link) => {
      if (message !== undefined) link.setTarget(message);
    },
    learnNumber: (node, accepted) => {
      if (accepted?.lineage !== lineage || accepted.number <= lastNumber) return;
      const { number } = accepted;
      const about = { node, number, known: lastNumber };
      const highest = revision === undefined ? maxLearntAnew : revision.number + maxLearnt;
      if (number > highest) {
        logger.warn('ignoring an impossible revision number of an agent', about);
        return;
      }
      lastNumber = number;
      logger.warn('an agent has a newer revision than this controller knows: push again', about);
    },
  };
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
