/** The reasons why other nodes wait for a node, by its own report. */
import type { FleetReport } from './fleet-report.ts';

/** For each condition a clause why this node does not meet it; undefined: it does. */
export const whyBlocking = {
  guarding: ({ guard, why }: FleetReport): string | undefined => {
    if (guard !== 'off') return undefined;
    return why === undefined ? 'it does not guard its routes yet' : why;
  },
  sessions: (report: FleetReport): string | undefined => {
    const { stage, why, sessions } = report;
    if (stage === 'guarding') return 'it has not begun its steps';
    if (hasFailed(report)) {
      return why === undefined ? 'it could not apply the revision' : why;
    }
    if (sessions === 'unknown' || sessions.asExpected) return undefined;
    const { expected, established, worst } = sessions;
    if (worst !== undefined) return `session to ${worst}`;
    return `${String(established)} of ${String(expected)} sessions are Established`;
  },
  written: ({ ownChangesLeft, step }: FleetReport): string | undefined => {
    if (ownChangesLeft !== true) return undefined;
    const at = step === undefined ? '' : ` (step ${String(step.step)} of ${String(step.steps)})`;
    return `it has changes of its own to make${at}`;
  },
  files: (report: FleetReport): string | undefined => {
    if (report.platform?.filesLeft !== true) return undefined;
    return hasFailed(report) && report.why !== undefined
      ? report.why
      : 'its files are not as the configuration asks yet';
  },
  restarts: (report: FleetReport): string | undefined => {
    const { platform, why } = report;
    if (platform?.restart === undefined) return undefined;
    if (why !== undefined) return why;
    return platform.restart === 'turn' ? 'it restarts its services' : 'it has services to restart';
  },
  routes: ({ routes }: FleetReport): string | undefined =>
    routes === 'missing' ? 'it lacks a route to a pod block that it had before' : undefined,
} as const;

export type FleetMatter = keyof typeof whyBlocking;

/** Why the node's sessions will not come up by waiting; undefined: they may. */
export function whyBroken({ sessions }: FleetReport): string | undefined {
  const broken = sessions === 'unknown' ? undefined : sessions.broken;
  return broken === undefined ? undefined : `session to ${broken}`;
}

/** Whether the node still has to write something, also while it waits. */
export function isWorking({ stage }: FleetReport): boolean {
  return stage === 'guarding' || stage === 'applying' || stage === 'at-gate';
}

/** Whether the change has ended badly at the node. */
export function hasFailed({ stage }: FleetReport): boolean {
  return stage === 'failed' || stage === 'rolled-back';
}

/** Whether the node is not known to be healthy with the change yet. */
export function isUnproven(report: FleetReport): boolean {
  const { stage, unhealthy, isProven } = report;
  const isJudged = unhealthy !== undefined || isProven === true || stage === 'confirmed';
  return !isJudged && !hasFailed(report);
}

/** Whether other nodes may wait for this node. */
export function isBlocking(report: FleetReport): boolean {
  if (report.unhealthy !== undefined) return true;
  return Object.values(whyBlocking).some((why) => why(report) !== undefined);
}
