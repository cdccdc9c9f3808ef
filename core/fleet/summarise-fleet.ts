/**
 * Summarises many reports for all agents with an open change; the result is bounded for any size of
 * the fleet.
 */
import type { FleetSummary, FleetWaiting } from '../../schemas/generated/fleet-summary.ts';
import { isFleetSummary } from '../../schemas/generated/fleet-summary.validator.js';
import { finishParts } from '../finish-parts.ts';
import { byText } from '../by-text.ts';
import { jsonBounds } from '../input/bounds.ts';
import { parseJson } from '../input/parse-json.ts';
import { printable, printableData } from '../printable.ts';
import type { FleetReport } from './fleet-report.ts';
import { FleetTally, nameCount } from './fleet-tally.ts';
import { leading, type Leading } from './leading.ts';
import { mostNamed } from './restart-order.ts';

export type { FleetSummary, FleetWaiting };

/** A node without a report for so long is away, and the others do not wait for it. */
export const silentMs = 30_000;
/** The same for one that did not report in the last change either. */
const expectedSilentMs = 10_000;
const mostNeverReported = 200;
/** The most letters of all these names together, so that many agents can read the summary often. */
const mostNameLetters = 4096;

export interface FleetToSummarise {
  /** The node whose agent makes the summary, or the controller. */
  readonly by: string;
  readonly digest: string;
  /** All nodes that Calico knows. */
  readonly nodes: Iterable<string>;
  /** At most one report of each node. One about another digest does not count. */
  readonly reports: readonly FleetReport[];
  /** Nodes that have reported and are silent now. */
  readonly silent?: ReadonlySet<string>;
  /** Nodes that have finished, and then removed their report. */
  readonly finished?: ReadonlySet<string>;
  /** Nodes that did not report in the last change: most likely they have no agent. */
  readonly withoutReport?: ReadonlySet<string>;
  /** Nodes that report of another change: they have an agent. */
  readonly elsewhere?: ReadonlySet<string>;
  /** For how long the agent has waited for reports, in ms. */
  readonly waitedMs: number;
}

/** Nodes that are counted between two rests. */
const partSize = 100;

/** As summariseFleetInParts, at once. */
export function summariseFleet(fleet: FleetToSummarise): FleetSummary {
  return finishParts(summariseFleetInParts(fleet));
}

/** Rests after each part, which takes a few milliseconds without V8's compilers. */
export function* summariseFleetInParts(
  fleet: FleetToSummarise,
): Generator<undefined, FleetSummary> {
  const { by, digest, silent, finished } = fleet;
  const tally = new FleetTally();
  let isPart = false;
  const reported = new Set<string>();
  let counted = 0;
  for (const report of fleet.reports) {
    counted += 1;
    if (counted % partSize === 0) yield;
    const counts = report.revision.digest === digest && silent?.has(report.node) !== true;
    if (!counts || reported.has(report.node)) continue;
    reported.add(report.node);
    isPart ||= report.isPart === true;
    tally.addReport(report);
  }
  const absent = createAbsence(fleet, isPart);
  const known = new Set<string>();
  for (const name of fleet.nodes) {
    counted += 1;
    if (counted % partSize === 0) yield;
    if (known.has(name)) continue;
    known.add(name);
    if (reported.delete(name) || finished?.has(name) === true) continue;
    if (absent.isAway(name)) absent.add(name);
    else tally.addAwaited(name);
  }
  // The nodes that report and that Calico does not know are left.
  const nodes = known.size + reported.size;
  return {
    formatVersion: 1,
    by,
    digest,
    nodes,
    ready: nodes - tally.blocked - absent.count(),
    ...tally.summarised(),
    ...absent.summarised(nodes, tally.awaited === 0),
  };
}

interface Absence {
  isAway(name: string): boolean;
  add(name: string): void;
  count(): number;
  summarised(
    nodes: number,
    areAllHeard: boolean,
  ): Pick<FleetSummary, 'away' | 'neverReported' | 'expectedAway'>;
}

/**
 * The nodes for which nobody waits any more.
 * @param isPart only a part of the nodes has the revision: the turn of a node that never reported has not
 * come yet, or is over, so that it is neither away nor without an agent
 */
function createAbsence(
  { silent, elsewhere, withoutReport, waitedMs }: FleetToSummarise,
  isPart: boolean,
): Absence {
  const away = leading(mostNamed, byText);
  const never = leading(mostNeverReported, byText);
  let [expected, outside] = [0, 0];
  const isExpected = (name: string): boolean =>
    (isPart || withoutReport?.has(name) === true) && silent?.has(name) !== true;
  return {
    isAway: (name) =>
      silent?.has(name) === true || waitedMs >= (isExpected(name) ? expectedSilentMs : silentMs),
    add: (name) => {
      const isSilent = silent?.has(name) === true;
      if (isPart && !isSilent) {
        outside += 1;
        return;
      }
      away.add(name);
      if (isExpected(name)) expected += 1;
      if (!isSilent && elsewhere?.has(name) !== true) never.add(name);
    },
    count: () => away.count + outside,
    summarised: (nodes, areAllHeard) => ({
      ...(away.count > 0 && { away: nameCount(away) }),
      ...(areAllHeard && !isPart && neverReportedOf(never, nodes)),
      ...(expected > 0 && { expectedAway: expected }),
    }),
  };
}

/**
 * An agent that comes late, when the others have ended the change and taken their reports back, has heard of
 * few nodes, and knows nothing of the others.
 */
function neverReportedOf(
  { count, first }: Leading<string>,
  nodes: number,
): Pick<FleetSummary, 'neverReported'> {
  if (2 * count >= nodes) return {};
  let letters = 0;
  const kept = first.map(printable).filter((name) => (letters += name.length) <= mostNameLetters);
  return { neverReported: kept };
}

/** The summary of an agent that has just begun and has read no report yet. */
export function beginningSummary(by: string, digest: string): FleetSummary {
  const waiting = {
    count: 1,
    first: [{ node: by, why: 'it begins to read the reports of the nodes' }],
  };
  return {
    formatVersion: 1,
    by,
    digest,
    nodes: 1,
    ready: 0,
    working: { count: 1, first: [by] },
    guarding: waiting,
    sessions: waiting,
    routes: waiting,
    written: waiting,
    isMissingMore: true,
  };
}

/**
 * Whether the agent of another node had read the reports when it wrote this summary. One that has not knows
 * its own node alone.
 */
export function hasReadReports({ nodes }: Pick<FleetSummary, 'nodes'>): boolean {
  return nodes > 1;
}

/** undefined: it does not have the form of this version, or is about another revision. */
export function parseFleetSummary(text: string, digest: string): FleetSummary | undefined {
  const parsed = parseJson(text, jsonBounds.fleetSummary);
  return parsed.ok ? readFleetSummary(parsed.data, digest) : undefined;
}

/** As parseFleetSummary, for a value within the bounds of a summary. */
function readFleetSummary(data: unknown, digest: string): FleetSummary | undefined {
  return isFleetSummary(data) && data.digest === digest ? printableData(data) : undefined;
}
