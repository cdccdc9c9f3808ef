/** Why a node holds the others up, by its own report. */
import type { FleetReport } from './fleet-report.ts';

/** Each condition, and the clause why this node does not meet it; undefined: it does. */
export const whyBlocking = {
  guarding: ({ guard, why }: FleetReport): string | undefined => {
    if (guard !== 'off') return undefined;
    return why === undefined ? 'it does not guard its routes yet' : why;
  },
  sessions: ({ stage, why, sessions }: FleetReport): string | undefined => {
    if (stage === 'guarding') return 'it has not begun its steps';
    if (stage === 'failed' || stage === 'rolled-back') {
      return why === undefined ? 'it could not apply the revision' : why;
    }
    if (sessions === 'unknown' || sessions.asExpected) return undefined;
    const { expected, established, worst } = sessions;
    if (worst !== undefined) return `session to ${worst}`;
    return `${String(established)} of ${String(expected)} sessions are Established`;
  },
  routes: ({ routes }: FleetReport): string | undefined =>
    routes === 'missing' ? 'it lacks a route to a pod block that it had before' : undefined,
} as const;

export type FleetMatter = keyof typeof whyBlocking;

/** Whether the node has still to write something, or waits before it may. */
export function isWorking({ stage }: FleetReport): boolean {
  return stage === 'guarding' || stage === 'applying' || stage === 'at-gate';
}

/** Whether somebody may wait for this node. */
export function isBlocking(report: FleetReport): boolean {
  return Object.values(whyBlocking).some((why) => why(report) !== undefined);
}
