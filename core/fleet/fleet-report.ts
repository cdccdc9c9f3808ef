/**
 * The report of a node for the others while a change runs. Reading it assumes that another node may
 * lie.
 */
import type { FleetReport } from '../../schemas/generated/fleet-report.ts';
import { isFleetReport } from '../../schemas/generated/fleet-report.validator.js';
import { jsonBounds } from '../input/bounds.ts';
import { parseJson } from '../input/parse-json.ts';
import { printableData } from '../printable.ts';
import type { SessionVerdict } from '../sessions/match-sessions.ts';
import type { Baseline } from '../confirm/baseline.ts';
import { brokenSessions } from '../confirm/broken-sessions.ts';
import { awaitedSessions } from '../confirm/sessions-before.ts';
import { countSessions } from '../sessions/count-sessions.ts';

export type { FleetReport };
export type FleetStage = FleetReport['stage'];
export type FleetSessions = Exclude<FleetReport['sessions'], 'unknown'>;

export type ReadReport =
  | { readonly ok: true; readonly report: FleetReport }
  /** Completes "cannot read the report of node …:", and repeats no part of the report. */
  | { readonly ok: false; readonly reason: string };

/**
 * @param node the only node that may have written it, by its key or its connection
 * @returns texts in it are safe on one line
 */
export function parseFleetReport(text: string, node: string): ReadReport {
  const parsed = parseJson(text, jsonBounds.fleetReport);
  return parsed.ok ? readFleetReport(parsed.data, node) : parsed;
}

/** As parseFleetReport, for a value within the bounds of a report. */
function readFleetReport(data: unknown, node: string): ReadReport {
  if (!isFleetReport(data)) return { ok: false, reason: 'it does not have the form of a report' };
  if (data.node !== node) return { ok: false, reason: 'it speaks for another node' };
  return { ok: true, report: printableData(data) };
}

/**
 * The part of the report about a revision's content; undefined: there is none. A node that rolls
 * back reports about the revision to which it goes, and names in the same report the one that it
 * rolled back.
 */
export function reportAbout(report: FleetReport, digest: string): FleetReport | undefined {
  if (report.revision.digest === digest) return report;
  const { rolledBack, unhealthy: _unhealthy, isProven: _proven, step: _step, ...rest } = report;
  if (rolledBack?.revision.digest !== digest) return undefined;
  return { ...rest, ...rolledBack, stage: 'rolled-back' };
}

const mostMissing = 20;
const longestWorst = 320;
const longestBroken = 200;

/**
 * The sessions for a report.
 * @param verdicts worst first, as matchSessions gives them
 * @param before the change; absent: the node was not observed then
 * @param writtenSeconds for how long all nodes have made their changes; absent: not yet
 */
export function fleetSessions(
  verdicts: readonly SessionVerdict[],
  before?: Baseline,
  writtenSeconds?: number,
): FleetReport['sessions'] {
  const { expected, established, unknown } = countSessions(verdicts);
  if (expected > 0 && unknown === expected) return 'unknown';
  const { missing, downBefore } = awaitedSessions(verdicts, before);
  const addresses = missing.flatMap(({ neighbor }) => neighbor ?? []).slice(0, mostMissing);
  const more = missing.length - addresses.length;
  const { worst } = countSessions(missing);
  const { worst: broken } = countSessions(brokenSessions(missing, writtenSeconds));
  return {
    expected,
    established,
    asExpected: missing.length === 0,
    ...(worst !== undefined && { worst: worst.slice(0, longestWorst) }),
    ...(broken !== undefined && { broken: broken.slice(0, longestBroken) }),
    ...(missing.length > 0 && { missing: addresses }),
    ...(more > 0 && { missingMore: more }),
    ...(downBefore.length > 0 && { downBefore: downBefore.length }),
  };
}
