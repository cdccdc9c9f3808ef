/**
 * Summarises many reports for all agents with an open change; the result is bounded for any size of
 * the fleet.
 */
import type { FleetSummary, FleetWaiting } from '../../schemas/generated/fleet-summary.ts';
import { isFleetSummary } from '../../schemas/generated/fleet-summary.validator.js';
import { byText } from '../by-text.ts';
import { jsonBounds } from '../input/bounds.ts';
import { parseJson } from '../input/parse-json.ts';
import { printable, printableData } from '../printable.ts';
import {
  hasFailed,
  isUnproven,
  isWorking,
  whyBlocking,
  whyBroken,
  type FleetMatter,
} from './blocking.ts';
import type { FleetReport } from './fleet-report.ts';
import { restartsOf } from './restart-order.ts';

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
  readonly nodes: readonly string[];
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

const mostNamed = 10;
const mostMissing = 50;
const longestWhy = 600;
const noReport = 'it has not reported yet';

export function summariseFleet(fleet: FleetToSummarise): FleetSummary {
  const { by, digest, nodes, silent, finished, waitedMs } = fleet;
  const reports = new Map(
    fleet.reports
      .filter((one) => one.revision.digest === digest && silent?.has(one.node) !== true)
      .map((one) => [one.node, one]),
  );
  const names = [...new Set([...nodes, ...reports.keys()])].toSorted(byText);
  const mute = names.filter((name) => !reports.has(name) && finished?.has(name) !== true);
  const isExpected = (name: string): boolean =>
    fleet.withoutReport?.has(name) === true && silent?.has(name) !== true;
  const isAway = (name: string): boolean =>
    silent?.has(name) === true || waitedMs >= (isExpected(name) ? expectedSilentMs : silentMs);
  const away = mute.filter(isAway);
  const awaited = mute.filter((name) => !isAway(name));
  const blocked = new Set(awaited);
  const waitingFor = (matter: FleetMatter): FleetWaiting => {
    const first = awaited.map((node) => ({ node, why: noReport }));
    for (const [node, report] of reports) {
      const why = whyBlocking[matter](report);
      if (why === undefined) continue;
      blocked.add(node);
      first.push({ node, why: clipped(why) });
    }
    return waitingOf(first);
  };
  const guarding = waitingFor('guarding');
  const sessions = waitingFor('sessions');
  const routes = waitingFor('routes');
  const written = waitingFor('written');
  const files = waitingFor('files');
  const restarts = waitingFor('restarts');
  const known = [...reports.values()];
  const unseen = known.filter((one) => one.sessions === 'unknown');
  const downBefore = known.filter(hasSessionsDownBefore);
  const working = [...reports.values()].filter(isWorking);
  return {
    formatVersion: 1,
    by,
    digest,
    nodes: names.length,
    ready: names.length - blocked.size - away.length,
    working: countOf([...awaited, ...working.map(({ node }) => node)]),
    guarding,
    sessions,
    routes,
    ...(written.count > 0 && { written }),
    ...(known.some(({ platform }) => platform !== undefined) && {
      ...(files.count > 0 && { files }),
      ...(restarts.count > 0 && { restarts }),
      ...restartsOf(known),
    }),
    ...brokenOf(known),
    ...missingOf(known, awaited.length > 0),
    ...(away.length > 0 && { away: countOf(away) }),
    ...(awaited.length === 0 && neverReportedOf(fleet, away, names.length)),
    ...expectedOf(away.filter(isExpected).length),
    ...(unseen.length > 0 && { unseen: countOf(unseen.map(({ node }) => node)) }),
    ...(downBefore.length > 0 && { downBefore: countOf(downBefore.map(({ node }) => node)) }),
    ...provenOf(known, awaited),
    ...writerOf(known),
  };
}

function expectedOf(count: number): Pick<FleetSummary, 'expectedAway'> {
  return count > 0 ? { expectedAway: count } : {};
}

/**
 * An agent that comes late, when the others have ended the change and taken their reports back, has heard of
 * few nodes, and knows nothing of the others.
 */
function neverReportedOf(
  { silent, elsewhere }: FleetToSummarise,
  away: readonly string[],
  nodes: number,
): Pick<FleetSummary, 'neverReported'> {
  const names = away.filter((name) => silent?.has(name) !== true && elsewhere?.has(name) !== true);
  if (2 * names.length >= nodes) return {};
  let letters = 0;
  const kept = names
    .slice(0, mostNeverReported)
    .map(printable)
    .filter((name) => (letters += name.length) <= mostNameLetters);
  return { neverReported: kept };
}

function brokenOf(reports: readonly FleetReport[]): Pick<FleetSummary, 'broken'> {
  const broken = reports.flatMap((report) => {
    const why = hasFailed(report) ? undefined : whyBroken(report);
    return why === undefined ? [] : [{ node: report.node, why: clipped(why) }];
  });
  return broken.length > 0 ? { broken: waitingOf(broken) } : {};
}

/** The nodes' judgement of the change where it is in force. */
function provenOf(
  reports: readonly FleetReport[],
  awaited: readonly string[],
): Pick<FleetSummary, 'unproven' | 'unhealthy' | 'rolledBack'> {
  const unproven = [...awaited, ...reports.filter(isUnproven).map(({ node }) => node)];
  const unhealthy = reports.flatMap((report) => {
    const { node, unhealthy: why } = report;
    return why === undefined || hasFailed(report) ? [] : [{ node, why: clipped(why) }];
  });
  const rolledBack = reports
    .filter(hasFailed)
    .map(({ node, why = 'it could not apply the revision' }) => ({
      node,
      why: clipped(why.replace(/^rolled back: /u, '')),
    }));
  return {
    ...(unproven.length > 0 && { unproven: countOf(unproven) }),
    ...(unhealthy.length > 0 && { unhealthy: waitingOf(unhealthy) }),
    ...(rolledBack.length > 0 && { rolledBack: waitingOf(rolledBack) }),
  };
}

function waitingOf(nodes: FleetWaiting['first']): FleetWaiting {
  return { count: nodes.length, first: named(nodes, ({ node }) => node) };
}

function hasSessionsDownBefore({ sessions }: FleetReport): boolean {
  return sessions !== 'unknown' && sessions.downBefore !== undefined;
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

function named<T>(all: readonly T[], nameOf: (one: T) => string): T[] {
  return all.toSorted((a, b) => byText(nameOf(a), nameOf(b))).slice(0, mostNamed);
}

function countOf(names: readonly string[]): { readonly count: number; readonly first: string[] } {
  return { count: names.length, first: named(names, (name) => name).map(printable) };
}

function missingOf(
  reports: readonly FleetReport[],
  isAwaited: boolean,
): Pick<FleetSummary, 'missing' | 'isMissingMore'> {
  const missing = new Set<string>();
  let isMore = isAwaited;
  for (const { sessions } of reports) {
    if (sessions === 'unknown' || sessions.asExpected) continue;
    for (const address of sessions.missing ?? []) missing.add(address);
    isMore ||= sessions.missing === undefined || sessions.missingMore !== undefined;
  }
  const listed = [...missing].toSorted(byText);
  return {
    ...(listed.length > 0 && { missing: listed.slice(0, mostMissing) }),
    ...((isMore || listed.length > mostMissing) && { isMissingMore: true }),
  };
}

/**
 * The writer's progress. Two nodes may report it while the lease changes hands; a report about the
 * end counts more than one about the progress.
 */
function writerOf(reports: readonly FleetReport[]): Pick<FleetSummary, 'writer'> {
  const writers = reports.filter(({ isWriter }) => isWriter === true);
  const [first] = writers.toSorted((a, b) => byText(a.node, b.node));
  const writer = writers.find(({ stage }) => hasEnded.has(stage)) ?? first;
  if (writer === undefined) return {};
  const { node, stage, why } = writer;
  return { writer: { node, stage, ...(why !== undefined && { why: clipped(why) }) } };
}

/** Cuts the text of a report, which is longer after escaping. */
function clipped(why: string): string {
  return why.length > longestWhy ? `${why.slice(0, longestWhy - 1)}…` : why;
}

const hasEnded: ReadonlySet<FleetReport['stage']> = new Set(['confirmed', 'rolled-back', 'failed']);

/** undefined: it does not have the form of this version, or is about another revision. */
export function parseFleetSummary(text: string, digest: string): FleetSummary | undefined {
  const parsed = parseJson(text, jsonBounds.fleetSummary);
  return parsed.ok ? readFleetSummary(parsed.data, digest) : undefined;
}

/** As parseFleetSummary, for a value within the bounds of a summary. */
function readFleetSummary(data: unknown, digest: string): FleetSummary | undefined {
  return isFleetSummary(data) && data.digest === digest ? printableData(data) : undefined;
}
