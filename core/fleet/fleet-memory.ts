/** What the agent that puts the reports together remembers of them, to tell silent nodes from done ones. */
import { hasFailed, isBlocking } from './blocking.ts';
import type { FleetReport } from './fleet-report.ts';
import type { FleetSummary } from './summarise-fleet.ts';

/** Where reports stay: one that others wait for, and that nobody wrote again for so long. */
const staleMs = 45_000;
/** As long as more nodes than this hold others up, they are on their way, and none is called silent. */
const mostStragglers = 200;
/** More nodes than this in one fleet are not read, and not remembered where their names change. */
export const mostReports = 20_000;

export interface SeenReport {
  readonly report: FleetReport;
  /** Another one after each write of the node's agent, also of the same report. */
  readonly version: string;
}

interface Remembered extends SeenReport {
  /** When this version was first read, in ms of the reader's monotonic clock. */
  readonly sinceMs: number;
  readonly isGone: boolean;
}

/** Of one digest, by node. */
export type FleetMemory = ReadonlyMap<string, Remembered>;

export function rememberReports(
  memory: FleetMemory,
  reports: readonly SeenReport[],
  nowMs: number,
): FleetMemory {
  const next = new Map<string, Remembered>();
  for (const [node, one] of memory) next.set(node, { ...one, isGone: true });
  for (const seen of reports) {
    const known = next.get(seen.report.node);
    const isSame = known?.version === seen.version;
    next.set(seen.report.node, {
      ...seen,
      sinceMs: isSame ? known.sinceMs : nowMs,
      isGone: false,
    });
  }
  const over = next.size - mostReports;
  const gone = over > 0 ? [...next].filter(([, { isGone }]) => isGone) : [];
  for (const [node] of gone.slice(-over)) next.delete(node);
  return next;
}

export interface FleetKnown {
  readonly reports: readonly FleetReport[];
  /** They held others up, and their reports vanished or grew old. */
  readonly silent: ReadonlySet<string>;
  /** They held nobody up when their reports vanished. */
  readonly finished: ReadonlySet<string>;
}

/** Few nodes hold the others up: each of them shows that it is alive, where reports stay. */
export function areStragglersLeft(summary: FleetSummary): boolean {
  const { guarding, sessions, routes, unhealthy } = summary;
  const most = Math.max(guarding.count, sessions.count, routes.count, unhealthy?.count ?? 0);
  return most > 0 && most <= mostStragglers;
}

/**
 * A node that holds nobody up has no reason to write again, so its report may be old. What a node
 * said last of a change that it could not make counts also after it has turned to another revision.
 * @param stragglersSinceMs since when few are left; undefined: many are, or reports of dead agents
 *   vanish by themselves, so that one that is there is alive
 */
export function knownReports(
  memory: FleetMemory,
  nowMs: number,
  stragglersSinceMs: number | undefined,
): FleetKnown {
  const reports: FleetReport[] = [];
  const silent = new Set<string>();
  const finished = new Set<string>();
  for (const [node, { report, sinceMs, isGone }] of memory) {
    const isOld =
      stragglersSinceMs !== undefined && nowMs - Math.max(sinceMs, stragglersSinceMs) >= staleMs;
    const isOver = hasFailed(report);
    if (!isGone || isOver) reports.push(report);
    if (isOver) continue;
    if (!isBlocking(report)) {
      if (isGone) finished.add(node);
    } else if (isGone || isOld) silent.add(node);
  }
  return { reports, silent, finished };
}
