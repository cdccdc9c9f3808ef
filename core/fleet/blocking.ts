/** Why a node holds the others up, by its own report. */
import type { FleetReport } from './fleet-report.ts';

/** Each condition, and the clause why this node does not meet it; undefined: it does. */
export const whyBlocking = {
  guarding: ({ guard, why }: FleetReport): string | undefined => {
    if (guard !== 'off') return undefined;
    return why === undefined ? 'it does not guard its routes yet' : why;
  },
  sessions: ({ sessions }: FleetReport): string | undefined => {
    if (sessions === 'unknown' || sessions.asExpected) return undefined;
    const { expected, established, worst } = sessions;
    if (worst !== undefined) return `session to ${worst}`;
    return `${String(established)} of ${String(expected)} sessions are Established`;
  },
  routes: ({ routes }: FleetReport): string | undefined =>
    routes === 'missing' ? 'it lacks a route to a pod block that it had before' : undefined,
} as const;

export type FleetMatter = keyof typeof whyBlocking;
