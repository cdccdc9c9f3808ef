/** A person confirms the newest revision, or rolls it back on all nodes. */
import { byText } from '../../../core/by-text.ts';
import { refOf, sameRef } from '../../../core/protocol/messages.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { lastReport } from '../nodes/stored-answer.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { refuseToRollBack } from '../rollout/refuse-while-running.ts';
import type { Rollouts } from '../rollout/rollouts.ts';
import type { FleetStore } from '../store/fleet-store.ts';

export interface Decided {
  readonly revision: RevisionRef;
  /** Nodes whose agents carry the decision out now, sorted by name. */
  readonly nodes: readonly string[];
  /**
   * The number of other known nodes, which carry it out when they connect, as far as it concerns
   * them.
   */
  readonly others: number;
  /** Those of them that are away and may wait for it: they confirm if they connect before their deadline. */
  readonly away: readonly string[];
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
  readonly rollouts: Pick<Rollouts, 'inTurn' | 'decided' | 'current'>;
  readonly logger: Logger;
}

export function createDecide({ fleet, store, rollouts, logger }: DecideDeps): Decide {
  const decide = async (
    revision: Revision,
    decided: NonNullable<Revision['decided']>,
    by: string,
  ): Promise<Decided> => {
    const next = { ...revision, decided };
    await store.replaceRevision(next);
    if (fleet.revision() !== revision) throw replaced(revision);
    const nodes = fleet.setDecided(rollouts.decided(next), by).toSorted();
    const { number } = revision;
    logger.info(`a person decided about a revision: ${decided}`, {
      revision: number,
      by,
      nodes: nodes.length,
    });
    const others = fleet.records().length - nodes.length;
    return { revision: refOf(revision), nodes, others, away: awayWith(fleet, revision) };
  };
  return {
    confirm: (by) => rollouts.inTurn(() => decide(waiting(fleet), 'confirmed', by)),
    rollBack: (by) =>
      rollouts.inTurn(() => {
        const revision = notRolledBack(fleet);
        refuseToRollBack(rollouts.current());
        return decide(revision, 'rolled-back', by);
      }),
  };
}

/** The nodes that are away, and had the revision when they were last connected, sorted by name. */
function awayWith(fleet: Fleet, revision: Revision): readonly string[] {
  return fleet
    .records()
    .flatMap((record) => {
      const { name, connection } = record;
      const { accepted } = lastReport(record);
      const hasIt = accepted !== undefined && sameRef(accepted, revision);
      return connection === undefined && hasIt ? [name] : [];
    })
    .toSorted(byText);
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
