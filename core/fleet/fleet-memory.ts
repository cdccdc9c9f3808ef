/**
 * The memory of the agent that summarises the reports, by which it tells silent nodes from finished
 * ones.
 */
import { finishParts } from '../finish-parts.ts';
import { hasFailed, isBlocking, isUnproven } from './blocking.ts';
import type { FleetReport } from './fleet-report.ts';
import type { FleetSummary } from './summarise-fleet.ts';

/**
 * In a store whose reports stay: the age from which on a report for which others wait counts as
 * silent.
 */
const staleMs = 45_000;
/** As long as the others wait for more nodes than this, none of them counts as silent. */
const mostStragglers = 200;
/** The most reports of known nodes that are read, and that are remembered together with gone ones. */
export const mostReports = 20_000;

export interface SeenReport {
  readonly report: FleetReport;
  /** Changes with each write of the node's agent, also of the same report. */
  readonly version: string;
}

interface Remembered extends SeenReport {
  /** When this version was first read, in ms of the reader's monotonic clock. */
  readonly sinceMs: number;
  readonly isGone: boolean;
}

/** The remembered reports of one digest, by node. */
export type FleetMemory = ReadonlyMap<string, Remembered>;

/** As rememberInParts, at once. */
export function rememberReports(
  memory: FleetMemory,
  reports: readonly SeenReport[],
  nowMs: number,
): FleetMemory {
  return finishParts(rememberInParts(memory, reports, nowMs));
}

/** Reports between two rests. */
const partSize = 1000;

/** Rests after each part, because a stranger may add thousands of reports. */
export function* rememberInParts(
  memory: FleetMemory,
  reports: readonly SeenReport[],
  nowMs: number,
): Generator<undefined, FleetMemory> {
  const next = new Map<string, Remembered>();
  let counted = 0;
  for (const [node, { report, version, sinceMs }] of memory) {
    counted += 1;
    if (counted % partSize === 0) yield;
    next.set(node, { report, version, sinceMs, isGone: true });
  }
  for (const seen of reports) {
    counted += 1;
    if (counted % partSize === 0) yield;
    const known = next.get(seen.report.node);
    const isSame = known?.version === seen.version;
    const sinceMs = isSame ? known.sinceMs : nowMs;
    next.set(seen.report.node, {
      report: seen.report,
      version: seen.version,
      sinceMs,
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
  /** They had not ended the change when their reports vanished or grew old. */
  readonly silent: ReadonlySet<string>;
  /** The change has ended well there. */
  readonly finished: ReadonlySet<string>;
}

/** The known ends of reports. */
export interface ReportEnds {
  /** The report of a dead agent vanishes by itself: one that confirmed says so before. */
  readonly expires: boolean;
  /**
   * Where reports stay: since when few nodes hold others up; undefined: many do. In ms, as the time of
   * the memory.
   */
  readonly stragglersSinceMs?: number | undefined;
  /** Where reports stay: since when every node has written all that it shall write; undefined: not yet. */
  readonly writtenSinceMs?: number | undefined;
}

/**
 * Whether the others wait for few nodes only; each of these then renews its report, where reports
 * stay. In a fleet of one node nobody waits.
 */
export function areStragglersLeft(summary: FleetSummary): boolean {
  const { nodes, guarding, sessions, routes, unhealthy } = summary;
  const most = Math.max(guarding.count, sessions.count, routes.count, unhealthy?.count ?? 0);
  return nodes > 1 && most > 0 && most <= mostStragglers;
}

/** As knownReportsInParts, at once. */
export function knownReports(memory: FleetMemory, nowMs: number, ends: ReportEnds): FleetKnown {
  return finishParts(knownReportsInParts(memory, nowMs, ends));
}

/**
 * The reports that count now. A node for which no other waits need not write again, so its report
 * may be old. A node's report about a change that failed counts also after the node has turned to
 * another revision. Rests after each part, as rememberInParts.
 */
export function* knownReportsInParts(
  memory: FleetMemory,
  nowMs: number,
  ends: ReportEnds,
): Generator<undefined, FleetKnown> {
  const reports: FleetReport[] = [];
  const silent = new Set<string>();
  const finished = new Set<string>();
  let counted = 0;
  for (const [node, one] of memory) {
    counted += 1;
    if (counted % partSize === 0) yield;
    const { report, isGone } = one;
    if (hasFailed(report)) reports.push(report);
    else if (hasEndedWell(one, ends)) finished.add(node);
    else {
      if (!isGone) reports.push(report);
      if (isGone || isStale(one, nowMs, ends)) silent.add(node);
    }
  }
  return { reports, silent, finished };
}

function hasEndedWell({ report, isGone }: Remembered, { expires }: ReportEnds): boolean {
  if (report.stage === 'confirmed') return true;
  return isGone && !expires && !isBlocking(report);
}

/**
 * A node that others wait for writes again and again. One that has written all of the change confirms
 * it, or says within seconds what keeps it from that.
 */
function isStale(
  { report, sinceMs }: Remembered,
  nowMs: number,
  { expires, stragglersSinceMs, writtenSinceMs }: ReportEnds,
): boolean {
  if (expires) return false;
  const isOldSince = (otherMs: number | undefined): boolean =>
    otherMs !== undefined && nowMs - Math.max(sinceMs, otherMs) >= staleMs;
  if (isBlocking(report)) return isOldSince(stragglersSinceMs);
  return report.stage === 'applied' && isUnproven(report) && isOldSince(writtenSinceMs);
}
