/** The revision that all nodes shall have, and the numbers that were used. */
import { refOf, type ConfigMessage } from '../../../core/protocol/messages.ts';
import { maxLearnt, maxLearntAnew } from '../../../core/revision/number-leap.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { FleetLink } from './fleet.ts';

export interface FleetRevision {
  readonly current: () => Revision | undefined;
  readonly lastNumber: () => number;
  /** As it is on disk. */
  readonly restore: (revision: Revision | undefined, lastNumber: number) => void;
  /** From now on all nodes shall have this revision. */
  readonly set: (revision: Revision) => void;
  /** The same one, with what a person decided: agents that connect from now on get it so. */
  readonly replace: (revision: Revision) => void;
  /** An agent that connected gets it too. */
  readonly aim: (link: FleetLink) => void;
  /** A controller that lost its state goes on above what the agents have of it. */
  readonly learnNumber: (node: string, accepted: RevisionRef | undefined) => void;
}

export interface FleetRevisionDeps {
  /** Of the revisions that this controller pushes. */
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
        logger.warn('an agent says a number that cannot be: it is ignored', about);
        return;
      }
      lastNumber = number;
      logger.warn('an agent has a newer revision than is known here: push again', about);
    },
  };
}

function configOf(revision: Revision): ConfigMessage {
  const { mediaType, text, by, retry, acceptLoss, noGuard, confirmSeconds, decided } = revision;
  return {
    type: 'config',
    ...refOf(revision),
    mediaType,
    text,
    by,
    ...(retry !== undefined && { retry }),
    ...(acceptLoss !== undefined && { acceptLoss }),
    ...(noGuard !== undefined && { noGuard }),
    // Once it is confirmed here, the health of a node that comes later decides.
    ...(confirmSeconds !== undefined && decided === undefined && { confirmSeconds }),
  };
}
