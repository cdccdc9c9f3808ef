/** The fleet as the gates and the confirmation see it. */
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import {
  judgeFleet,
  type FleetCondition,
  type FleetVerdict,
} from '../../../core/fleet/judge-fleet.ts';
import { judgeTurn } from '../../../core/fleet/restart-turn.ts';
import { healthyOthers, judgeOthers } from '../../../core/fleet/judge-others.ts';
import type { OtherNodes } from '../../../core/confirm/other-nodes.ts';
import type { FleetSummary } from '../../../core/fleet/summarise-fleet.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { FleetExchange } from '../../ports/fleet.ts';

export interface FleetView {
  /** Why this agent goes on without the other nodes; undefined: it waits for them. */
  alone(): string | undefined;
  /**
   * All nodes have made their own changes, and none is away that may have some left: one that said
   * nothing in the last change either has none.
   */
  areAllWritten(revision: RevisionRef): boolean;
  /** The cluster is known to have no other node. */
  isOnlyNode(revision: RevisionRef): boolean;
  /** Whether other nodes still have to write some of this revision. */
  othersAtWork(revision: RevisionRef): boolean;
  /** One of these nodes has not ended the revision yet, and does not say why. */
  isAnyUnproven(revision: RevisionRef, nodes: readonly string[]): boolean;
  /** Judges the condition for a revision that this agent brings into force. */
  judge(condition: FleetCondition, revision: RevisionRef): FleetVerdict;
  /** Whether it is this node's turn to restart its services. */
  judgeTurn(revision: RevisionRef, parallel: number): FleetVerdict;
  /** The nodes that restart their services at this moment; empty: none, or nothing is known. */
  restarting(revision: RevisionRef): readonly string[];
  /** The progress of the agent that writes the cluster-wide resources; undefined: not known. */
  writer(revision: RevisionRef): FleetSummary['writer'];
  /** The other nodes' judgement of the revision once it is in force. */
  others(revision: RevisionRef): OtherNodes;
}

/**
 * @param own this node's report as it is now, whether it is published yet or not
 * @param roundOf the name under which the nodes report about a revision; default: its own
 */
export function createFleetView(
  exchange: Pick<FleetExchange, 'summary' | 'alone'>,
  own: () => FleetReport | undefined,
  roundOf: (revision: RevisionRef) => RevisionRef = (revision) => revision,
): FleetView {
  const summaryOf = (revision: RevisionRef): FleetSummary | undefined => {
    const summary = exchange.summary();
    return summary?.digest === roundOf(revision).digest ? summary : undefined;
  };
  return {
    alone: () => exchange.alone(),
    areAllWritten: (revision) => {
      if (exchange.alone() !== undefined) return true;
      const summary = summaryOf(revision);
      if (summary === undefined) return false;
      const { written, away, expectedAway = 0 } = summary;
      return (written?.count ?? 0) === 0 && (away?.count ?? 0) === expectedAway;
    },
    isOnlyNode: (revision) => summaryOf(revision)?.nodes === 1,
    othersAtWork: (revision) => {
      const summary = summaryOf(revision);
      if (summary === undefined || exchange.alone() !== undefined) return false;
      const { count, first } = summary.working;
      // This node is taken out: the summary may be older than this agent's own report.
      const isOwnNamed = first.some((node) => node === own()?.node);
      return count > (isOwnNamed ? 1 : 0);
    },
    isAnyUnproven: (revision, nodes) => {
      const unproven = exchange.alone() === undefined ? summaryOf(revision)?.unproven : undefined;
      if (unproven === undefined || nodes.length === 0) return false;
      const areAllNamed = unproven.first.length === unproven.count;
      return !areAllNamed || nodes.some((node) => unproven.first.includes(node));
    },
    judge: (condition, revision) => {
      const report = own();
      return judgeFleet(condition, {
        summary: summaryOf(revision),
        own: report?.revision.digest === roundOf(revision).digest ? report : undefined,
      });
    },
    judgeTurn: (revision, parallel) => {
      const [summary, report] = [summaryOf(revision), own()];
      if (summary === undefined || report === undefined) {
        return { isOpen: false, why: 'nothing is known of the other nodes yet' };
      }
      return judgeTurn(summary, report.node, parallel);
    },
    restarting: (revision) => summaryOf(revision)?.restarting ?? [],
    writer: (revision) => summaryOf(revision)?.writer,
    others: (revision) => {
      if (exchange.alone() !== undefined) return {};
      const summary = summaryOf(revision);
      const node = own()?.node;
      if (summary === undefined || node === undefined) return { awaited: 'the other nodes' };
      const healthy = healthyOthers(summary, node);
      return { ...judgeOthers(summary, node), ...(healthy > 0 && { healthy }) };
    },
  };
}
