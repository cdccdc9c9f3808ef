/**
 * Counts what the nodes of a fleet report, and keeps the few that a summary names. Each node costs
 * about the same, so the work can be done in parts.
 */
import type { FleetSummary, FleetWaiting } from '../../schemas/generated/fleet-summary.ts';
import { byText } from '../by-text.ts';
import { printable } from '../printable.ts';
import {
  hasFailed,
  isUnproven,
  isWorking,
  whyBlocking,
  whyBroken,
  type FleetMatter,
} from './blocking.ts';
import type { FleetReport } from './fleet-report.ts';
import { leading, type Leading } from './leading.ts';
import { byRestart, mostNamed } from './restart-order.ts';

type Waiter = FleetWaiting['first'][number];

const mostMissing = 50;
const longestWhy = 600;
const noReport = 'it has not reported yet';

const byNode = (one: { readonly node: string }, other: { readonly node: string }): number =>
  byText(one.node, other.node);
const names = (): Leading<string> => leading(mostNamed, byText);
const waiters = (): Leading<Waiter> => leading<Waiter>(mostNamed, byNode);

/** The sum of the reports; the names of nodes without a report are added as well. */
export class FleetTally {
  readonly #waiting: Readonly<Record<FleetMatter, Leading<Waiter>>> = {
    guarding: waiters(),
    sessions: waiters(),
    routes: waiters(),
    written: waiters(),
    files: waiters(),
    restarts: waiters(),
  };
  readonly #working = names();
  readonly #unseen = names();
  readonly #downBefore = names();
  readonly #unproven = names();
  readonly #broken = waiters();
  readonly #unhealthy = waiters();
  readonly #rolledBack = waiters();
  readonly #due = leading(mostNamed, byRestart);
  readonly #restarting = leading(mostNamed, byRestart);
  readonly #missing = leading<string>(mostMissing + 1, byText);
  #writer: FleetReport | undefined;
  #blocked = 0;
  #awaited = 0;
  #isMissingMore = false;
  #hasPlatform = false;
  #isControlPlaneLeft = false;

  /** A node whose first report the others wait for. */
  addAwaited(node: string): void {
    this.#blocked += 1;
    this.#awaited += 1;
    for (const waiting of Object.values(this.#waiting)) waiting.add({ node, why: noReport });
    this.#working.add(node);
    this.#unproven.add(node);
    this.#isMissingMore = true;
  }

  addReport(report: FleetReport): void {
    const { node, sessions, platform } = report;
    this.#addWaiting(report);
    if (isWorking(report)) this.#working.add(node);
    if (sessions === 'unknown') this.#unseen.add(node);
    else this.#addSessions(node, sessions);
    this.#addJudgement(report);
    if (platform !== undefined) this.#hasPlatform = true;
    if (platform?.restart !== undefined) this.#addRestart(report);
    this.#addWriter(report);
  }

  /** The part of a summary that follows from these nodes. */
  summarised(): Omit<
    FleetSummary,
    | 'formatVersion'
    | 'by'
    | 'digest'
    | 'nodes'
    | 'ready'
    | 'away'
    | 'neverReported'
    | 'expectedAway'
  > {
    const { guarding, sessions, routes, written, files, restarts } = this.#waiting;
    const unseen = named(this.#unseen);
    const downBefore = named(this.#downBefore);
    const unproven = named(this.#unproven);
    return {
      working: nameCount(this.#working),
      guarding: waitingOf(guarding),
      sessions: waitingOf(sessions),
      routes: waitingOf(routes),
      ...(written.count > 0 && { written: waitingOf(written) }),
      ...(this.#hasPlatform && {
        ...(files.count > 0 && { files: waitingOf(files) }),
        ...(restarts.count > 0 && { restarts: waitingOf(restarts) }),
        ...this.#restarts(),
      }),
      ...(this.#broken.count > 0 && { broken: waitingOf(this.#broken) }),
      ...this.#missed(),
      ...(unseen !== undefined && { unseen }),
      ...(downBefore !== undefined && { downBefore }),
      ...(unproven !== undefined && { unproven }),
      ...(this.#unhealthy.count > 0 && { unhealthy: waitingOf(this.#unhealthy) }),
      ...(this.#rolledBack.count > 0 && { rolledBack: waitingOf(this.#rolledBack) }),
      ...this.#writerNamed(),
    };
  }

  /** The number of nodes for which another one waits. */
  get blocked(): number {
    return this.#blocked;
  }

  /** The number of nodes whose first report another one waits for. */
  get awaited(): number {
    return this.#awaited;
  }

  #addRestart(report: FleetReport): void {
    this.#due.add(report);
    if (report.platform?.restart === 'turn') this.#restarting.add(report);
    if (report.platform?.isControlPlane === true) this.#isControlPlaneLeft = true;
  }

  #addWaiting(report: FleetReport): void {
    let isBlocked = false;
    for (const matter of matters) {
      const why = whyBlocking[matter](report);
      if (why === undefined) continue;
      isBlocked = true;
      this.#waiting[matter].add({ node: report.node, why });
    }
    if (isBlocked) this.#blocked += 1;
  }

  #addSessions(node: string, sessions: Exclude<FleetReport['sessions'], 'unknown'>): void {
    if (sessions.downBefore !== undefined) this.#downBefore.add(node);
    if (sessions.asExpected) return;
    for (const address of sessions.missing ?? []) {
      if (!this.#missing.first.includes(address)) this.#missing.add(address);
    }
    this.#isMissingMore ||= sessions.missing === undefined || sessions.missingMore !== undefined;
  }

  /** The node's judgement of the change where it is in force. */
  #addJudgement(report: FleetReport): void {
    const { node, unhealthy } = report;
    if (isUnproven(report)) this.#unproven.add(node);
    if (hasFailed(report)) {
      const { why = 'it could not apply the revision' } = report;
      return this.#rolledBack.add({ node, why: why.replace(/^rolled back: /u, '') });
    }
    const broken = whyBroken(report);
    if (broken !== undefined) this.#broken.add({ node, why: broken });
    if (unhealthy !== undefined) this.#unhealthy.add({ node, why: unhealthy });
  }

  /**
   * Two nodes may report the writer's progress while the lease changes hands; a report about the end
   * counts more than one about the progress.
   */
  #addWriter(report: FleetReport): void {
    if (report.isWriter !== true) return;
    const known = this.#writer;
    if (known === undefined) return void (this.#writer = report);
    const [isOver, isKnownOver] = [hasEnded.has(report.stage), hasEnded.has(known.stage)];
    const isFirst = isOver === isKnownOver ? report.node < known.node : isOver;
    if (isFirst) this.#writer = report;
  }

  #writerNamed(): Pick<FleetSummary, 'writer'> {
    if (this.#writer === undefined) return {};
    const { node, stage, why } = this.#writer;
    return { writer: { node, stage, ...(why !== undefined && { why: clipped(why) }) } };
  }

  #missed(): Pick<FleetSummary, 'missing' | 'isMissingMore'> {
    const { first } = this.#missing;
    return {
      ...(first.length > 0 && { missing: first.slice(0, mostMissing) }),
      ...((this.#isMissingMore || first.length > mostMissing) && { isMissingMore: true }),
    };
  }

  #restarts(): Pick<FleetSummary, 'restartOrder' | 'restarting' | 'isControlPlaneLeft'> {
    const nodesOf = ({ first }: Leading<FleetReport>): string[] => first.map(({ node }) => node);
    return {
      ...(this.#due.count > 0 && { restartOrder: nodesOf(this.#due) }),
      ...(this.#restarting.count > 0 && { restarting: nodesOf(this.#restarting) }),
      ...(this.#isControlPlaneLeft && { isControlPlaneLeft: true }),
    };
  }
}

const matters: readonly FleetMatter[] = [
  'guarding',
  'sessions',
  'routes',
  'written',
  'files',
  'restarts',
];

const hasEnded: ReadonlySet<FleetReport['stage']> = new Set(['confirmed', 'rolled-back', 'failed']);

function waitingOf({ count, first }: Leading<Waiter>): FleetWaiting {
  return { count, first: first.map(({ node, why }) => ({ node, why: clipped(why) })) };
}

/** undefined: there is none. */
function named(some: Leading<string>): FleetSummary['away'] {
  return some.count > 0 ? nameCount(some) : undefined;
}

export function nameCount({ count, first }: Leading<string>): NonNullable<FleetSummary['away']> {
  return { count, first: first.map(printable) };
}

/** Cuts the text of a report, which is longer after escaping. */
function clipped(why: string): string {
  return why.length > longestWhy ? `${why.slice(0, longestWhy - 1)}…` : why;
}
