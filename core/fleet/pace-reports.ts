/**
 * Decides when a report is written: at once if another node may act on it, and rarely if only
 * people read it, so that a change needs only a few writes of each node, however long it waits.
 */
import { isBlocking, whyBlocking, whyBroken } from './blocking.ts';
import type { FleetReport } from './fleet-report.ts';

export interface Published {
  readonly report: FleetReport;
  readonly atMs: number;
  /** The number of writes since the last one on which other nodes act. */
  readonly repeats: number;
}

/** The least time between two writes of one node. */
const leastMs = 2000;
/** The pause before a write of details only; it doubles each time. */
const detailsMs = 30_000;
const mostDetailsMs = 120_000;

/** @returns in how many ms to publish it, 0: now; undefined: there is nothing to publish */
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
 * The parts of a report on which other nodes act. When a node has written everything and no other
 * waits for it, its report vanishes, so that not each of thousands of nodes has to report it.
 */
function matterOf(report: FleetReport): string {
  const {
    revision,
    guard,
    routes,
    sessions,
    unhealthy,
    platform,
    isWriter = false,
    isProven = false,
  } = report;
  const blocks = Object.values(whyBlocking).map((why) => why(report) !== undefined);
  const unseen = [guard === 'never', routes === 'unknown', sessions === 'unknown'];
  const harms = [unhealthy !== undefined, whyBroken(report) !== undefined];
  return JSON.stringify([revision, blocks, unseen, isWriter, harms, isProven, platform]);
}
