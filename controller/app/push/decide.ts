/** A person confirms the newest revision, or rolls it back on all nodes. */
import { refOf } from '../../../core/protocol/messages.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { FleetStore } from '../../ports/fleet-store.ts';
import type { Fleet } from '../fleet/fleet.ts';

export interface Decided {
  readonly revision: RevisionRef;
  /** Nodes whose agents carry the decision out now, sorted by name. */
  readonly nodes: readonly string[];
  /**
   * The number of other known nodes, which carry it out when they connect, as far as it concerns
   * them.
   */
  readonly others: number;
}

export interface Decide {
  /** Confirms the revision. @throws AppError not-found where no revision waits for it */
  confirm(by: string): Promise<Decided>;
  /** Rolls the revision back. @throws AppError not-found where there is none */
  rollBack(by: string): Promise<Decided>;
}

export interface DecideDeps {
  readonly fleet: Fleet;
  readonly store: Pick<FleetStore, 'replaceRevision'>;
  readonly logger: Logger;
}

export function createDecide({ fleet, store, logger }: DecideDeps): Decide {
  const decide = async (
    revision: Revision,
    decided: NonNullable<Revision['decided']>,
    by: string,
  ): Promise<Decided> => {
    const next = { ...revision, decided };
    await store.replaceRevision(next);
    if (fleet.revision() !== revision) throw replaced(revision);
    const nodes = fleet.setDecided(next, by).toSorted();
    const { number } = revision;
    logger.info(`a person decided about a revision: ${decided}`, {
      number,
      by,
      nodes: nodes.length,
    });
    return { revision: refOf(revision), nodes, others: fleet.records().length - nodes.length };
  };
  return {
    confirm: (by) => decide(waiting(fleet), 'confirmed', by),
    rollBack: (by) => decide(notRolledBack(fleet), 'rolled-back', by),
  };
}

function waiting(fleet: Fleet): Revision {
  fleet.requireKnown('confirm');
  const revision = fleet.revision();
  if (revision === undefined) throw cannot('confirm', 'no configuration was pushed yet');
  const name = `revision ${String(revision.number)}`;
  if (revision.decided === 'rolled-back') throw cannot('confirm', `a person rolled ${name} back`);
  if (revision.decided === 'confirmed') throw cannot('confirm', `${name} is confirmed already`);
  if (revision.confirmSeconds === undefined) {
    throw cannot('confirm', `${name} waits for nobody: it was pushed without --confirm-within`);
  }
  return revision;
}

function notRolledBack(fleet: Fleet): Revision {
  fleet.requireKnown('roll back');
  const revision = fleet.revision();
  if (revision === undefined) throw cannot('roll back', 'no configuration was pushed yet');
  if (revision.decided !== 'rolled-back') return revision;
  throw cannot('roll back', `revision ${String(revision.number)} is rolled back already`);
}

function cannot(what: string, why: string): AppError {
  return new AppError('not-found', `cannot ${what}: ${why}`);
}

function replaced({ number }: Revision): AppError {
  const message = `cannot decide about revision ${String(number)}: a newer one was pushed meanwhile`;
  return new AppError('not-found', message);
}
