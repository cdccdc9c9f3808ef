/** The knowledge of a fleet's exchange while one content of a revision is on its way. */
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import type { FleetSummary } from '../../../core/fleet/summarise-fleet.ts';
import type { Standing, SummaryWriter } from './summary-writer.ts';

export interface Round {
  /** The digest of the content. */
  readonly digest: string;
  report: FleetReport;
  /** The other nodes may have nothing to report. */
  isOwnOnly: boolean;
  /** The report as it was last written, and the time of that. */
  written: { readonly report: FleetReport; readonly atMs: number } | undefined;
  summary: FleetSummary | undefined;
  /** When the summary is to be read next; a report that is written before does not hasten it. */
  readAtMs: number;
  standing: Standing | undefined;
  /** Since when the summary that stands cannot be read; undefined: it can, or there is none. */
  unreadableSinceMs: number | undefined;
  /** Absent: another agent writes the summary. */
  writer: SummaryWriter | undefined;
  /** Failures of the store in a row. */
  failures: number;
  /** When the store answered last. */
  answeredMs: number;
  /** Since when the store answers, so that nodes can report; undefined: it does not. */
  sinceMs: number | undefined;
  /** The nodes that were known to report nothing when the round began. */
  readonly withoutReport: ReadonlySet<string>;
}

export function beginRound(
  report: FleetReport,
  nowMs: number,
  withoutReport: Iterable<string> = [],
): Round {
  return {
    digest: report.revision.digest,
    report,
    isOwnOnly: false,
    written: undefined,
    summary: undefined,
    readAtMs: nowMs,
    standing: undefined,
    unreadableSinceMs: undefined,
    writer: undefined,
    failures: 0,
    answeredMs: nowMs,
    sinceMs: undefined,
    withoutReport: new Set(withoutReport),
  };
}
