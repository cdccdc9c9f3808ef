/**
 * Builds the agent's view of the other nodes of the fleet, as far as it can exchange reports with
 * them.
 */
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import { shareRound } from '../../../core/fleet/share-round.ts';
import type { OtherNodes } from '../../../core/confirm/other-nodes.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { createBeforeChange } from '../confirm/before-change.ts';
import { createAllWritten, type AllWritten } from '../apply/all-written.ts';
import { createFleetReporter, type FleetReporter } from '../fleet/fleet-reporter.ts';
import { leavesCluster } from '../state/cluster-share.ts';
import { createFleetView, type FleetView } from '../fleet/fleet-view.ts';
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import type { GuardView } from '../../../core/guard/guard-view.ts';
import type { AgentDeps } from './agent-deps.ts';
import type { Knowledge } from './knowledge.ts';

export interface Fleet {
  readonly view: FleetView;
  readonly reporter: FleetReporter;
  /** This agent wrote the revision for all nodes, and exchanges reports with the others. */
  readonly writesForOthers: (revision: RevisionRef) => boolean;
  /** For how long all nodes have made their changes. */
  readonly written: AllWritten;
  /** The other nodes' judgement of a revision; empty where this agent did not write it for them. */
  readonly others: (revision: RevisionRef) => OtherNodes;
}

export function createFleet(
  { clock, logger, cluster }: AgentDeps,
  { exchange, records, facts, writer, sessions, observer, events, guard, proof }: Knowledge,
): Fleet | undefined {
  if (exchange === undefined) return undefined;
  const { state } = records;
  const node = (): string => facts.current().name;
  const isWriter = (revision: RevisionRef): boolean => {
    const { record } = writer.status();
    const isRecorded = record?.revision !== undefined && sameRevision(record.revision, revision);
    return isRecorded && record.by === node();
  };
  const roundOf = (revision: RevisionRef): RevisionRef =>
    leavesCluster(state.current(), revision) ? shareRound(revision) : revision;
  const view = createFleetView(exchange, () => reporter.own(), roundOf);
  const written = createAllWritten({ others: view.areAllWritten, clock });
  const reporter = createFleetReporter({
    exchange,
    node,
    state: state.current,
    isHeld: () => writer.holdInForce() !== undefined,
    isWriter,
    roundOf,
    sessions: sessions.read,
    proof: proof.of,
    ...createBeforeChange(state, observer),
    writtenSeconds: written.seconds,
    isControlPlane: async (services) => {
      // Only servers run the unit k3s.
      if (services.length === 0 || services.includes('k3s-agent')) return false;
      const own = await cluster?.node(node()).catch(() => undefined);
      return own?.isControlPlane ?? true;
    },
    ...(guard !== undefined && { guard: () => guardOf(guard.view()) }),
    clock,
    logger,
  });
  events.subscribe(({ type }) => {
    if (type === 'status') reporter.refresh();
  });
  return {
    reporter,
    view,
    written,
    writesForOthers: (revision) =>
      isWriter(revision) && exchange.alone() === undefined && !view.isOnlyNode(revision),
    others: (revision) => (isWriter(revision) ? view.others(revision) : {}),
  };
}

function guardOf(view: GuardView): Pick<FleetReport, 'guard' | 'why'> {
  return { guard: view.guard };
}
