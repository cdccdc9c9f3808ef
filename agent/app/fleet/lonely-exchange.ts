/** The fleet of an agent that cannot exchange reports: it consists of this node only. */
import { summariseFleet, type FleetSummary } from '../../../core/fleet/summarise-fleet.ts';
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import type { FleetExchange } from '../../ports/fleet.ts';

/** @param why as a clause */
export function createLonelyExchange(why: string): FleetExchange {
  let summary: FleetSummary | undefined;
  const listeners = new Set<() => void>();
  const set = (next: FleetSummary | undefined): void => {
    summary = next;
    for (const listener of [...listeners]) listener();
  };
  return {
    publish: (report) => set(lonelySummary(report)),
    withdraw: () => {
      if (summary !== undefined) set(undefined);
    },
    summary: () => summary,
    alone: () => why,
    stop: () => Promise.resolve(),
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

export function lonelySummary(report: FleetReport): FleetSummary {
  const { node, revision } = report;
  const { digest } = revision;
  return summariseFleet({ by: node, digest, nodes: [node], reports: [report], waitedMs: 0 });
}
