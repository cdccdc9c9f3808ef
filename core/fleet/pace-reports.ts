/**
 * When a report is worth a write: at once where another node may act by it, and rarely where only
 * people read it, so that a change costs a few writes of each node, however long it waits.
 */
import { isBlocking, whyBlocking, whyBroken } from './blocking.ts';
import type { FleetReport } from './fleet-report.ts';

export interface Published {
  readonly report: FleetReport;
  readonly atMs: number;
  /** How often it was written since something mattered, or only to be seen. */
  readonly repeats: number;
}

/** Two writes of one node are never closer. */
const leastMs = 2000;
/** The details of a node that holds others up; then twice as long each time. */
const detailsMs = 30_000;
const mostDetailsMs = 120_000;

/** @returns in how many ms to publish it, 0: now; undefined: there is nothing to tell */
export function publishInMs(
  last: Published | undefined,
  next: FleetReport,
  nowMs: number,
): number | undefined {
  if (last === undefined) return 0;
  const since = nowMs - last.atMs;
  if (matterOf(last.report) !== matterOf(next)) return Math.max(0, leastMs - since);
  if (!isBlocking(next) || JSON.stringify(last.report) === JSON.stringify(next)) return undefined;
  return Math.max(0, Math.min(detailsMs * 2 ** last.repeats, mostDetailsMs) - since);
}

export function published(
  last: Published | undefined,
  report: FleetReport,
  atMs: number,
): Published {
  const isRepeated = last !== undefined && matterOf(last.report) === matterOf(report);
  return { report, atMs, repeats: isRepeated ? last.repeats + 1 : 0 };
}

/**
 * What other nodes act by. That a node has written all of it, and holds nobody up, follows from its report
 * that goes away: a fleet of thousands needs no word of each on the way.
 */
function matterOf(report: FleetReport): string {
  const {
    revision,
    guard,
    routes,
    sessions,
    unhealthy,
    isWriter = false,
    isProven = false,
  } = report;
  const blocks = Object.values(whyBlocking).map((why) => why(report) !== undefined);
  const unseen = [guard === 'never', routes === 'unknown', sessions === 'unknown'];
  const harms = [unhealthy !== undefined, whyBroken(report) !== undefined];
  return JSON.stringify([revision, blocks, unseen, isWriter, harms, isProven]);
}
