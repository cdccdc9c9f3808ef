/**
 * The exchange of a fleet in its datastore. Each agent with a change open writes its report; one of
 * them reads all reports and writes the summary, and the others read the summary alone: 5,000 agents
 * that each read 5,000 reports would ask more of the datastore than the change itself.
 *
 * No lock decides which agent it is: the one whose summary stands. Two at once do no harm, because
 * both summarise the same reports, and the version of the summary lets one of them win.
 */
import { isBlocking } from '../../../core/fleet/blocking.ts';
import {
  areStragglersLeft,
  knownReports,
  rememberReports,
  type FleetMemory,
  type SeenReport,
} from '../../../core/fleet/fleet-memory.ts';
import {
  parseFleetReport,
  reportAbout,
  type FleetReport,
} from '../../../core/fleet/fleet-report.ts';
import {
  parseFleetSummary,
  silentMs,
  beginningSummary,
  summariseFleet,
  type FleetSummary,
} from '../../../core/fleet/summarise-fleet.ts';
import { otherWorkFirst } from '../../../runtime/pacing/in-turns.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FleetStore, StoredReports } from '../../ports/datastore/fleet-store.ts';
import type { FleetExchange } from '../../ports/fleet.ts';
import { lonelySummary } from './lonely-exchange.ts';

export interface StoreExchangeDeps {
  readonly store: FleetStore;
  readonly clock: Pick<Clock, 'elapsed' | 'after' | 'random'>;
  readonly logger: Pick<Logger, 'warn' | 'debug'>;
}

/**
 * Of agents that read the summary alone: however large the fleet is, all of them together ask 200 times
 * a second, and 250 times in one of 5,000 nodes. The agent that writes the next step for all nodes asks
 * at the usual pace, because the whole fleet waits for it.
 */
const msPerNode = 5;
const longestMs = 20_000;
/** After failures of the store in a row. */
const mostDoublings = 5;
/** Where reports do not vanish by themselves: a summary, and a report that others wait for. */
const renewMs = 10_000;
/** The nodes of a cluster change rarely, and the list is long. */
const nodesMs = 300_000;
/** The datastore keeps how a change has ended for so long that all others see it. */
const lingerMs = 30_000;
const mostReadInOneTurn = 200;

/** What belongs to one content of a revision. */
interface Round {
  readonly digest: string;
  report: FleetReport;
  /** The report as it was last written, and when. */
  written: { readonly report: FleetReport; readonly atMs: number } | undefined;
  summary: FleetSummary | undefined;
  /** When the summary is to be read next: a report that is written between does not hasten it. */
  readAtMs: number;
  /** The summary that stands in the store, since when this agent knows this version of it. */
  standing: Standing | undefined;
  /** Absent: another agent puts the reports together. */
  reading: Reading | undefined;
  /** Failures of the store in a row, and when it answered last. */
  failures: number;
  answeredMs: number;
}

interface Standing {
  readonly version: string;
  readonly sinceMs: number;
  /** undefined: it cannot be read. */
  readonly summary: FleetSummary | undefined;
}

interface Reading {
  readonly sinceMs: number;
  memory: FleetMemory;
  stragglersSinceMs: number | undefined;
  nodes: { readonly names: readonly string[]; readonly atMs: number } | undefined;
  /** The version of our own summary, and when it was written. */
  wrote: { readonly version: string; readonly text: string; readonly atMs: number };
}

export function createStoreExchange(deps: StoreExchangeDeps): FleetExchange {
  return new StoreExchange(deps);
}

class StoreExchange implements FleetExchange {
  readonly #deps: StoreExchangeDeps;
  readonly #listeners = new Set<() => void>();
  #round: Round | undefined;
  #alone: string | undefined;
  #cancel = (): void => undefined;
  #running: Promise<void> | undefined;
  /** A report of ours may be in the store. */
  #isThere = false;
  #isWarned = false;
  #isStopped = false;

  constructor(deps: StoreExchangeDeps) {
    this.#deps = deps;
  }

  publish(report: FleetReport): void {
    const { digest } = report.revision;
    const before = this.#round;
    if (before?.digest === digest) before.report = report;
    else {
      void this.#leave(before);
      this.#round = {
        digest,
        report,
        written: undefined,
        summary: undefined,
        readAtMs: this.#deps.clock.elapsed(),
        standing: undefined,
        reading: undefined,
        failures: 0,
        answeredMs: this.#deps.clock.elapsed(),
      };
    }
    this.#next(0);
  }

  withdraw(last?: FleetReport): void {
    const before = this.#round;
    if (before === undefined) return;
    this.#round = undefined;
    this.#cancel();
    this.#tell();
    void this.#finish(before, last);
  }

  summary(): FleetSummary | undefined {
    const round = this.#round;
    return round && (this.#alone === undefined ? round.summary : lonelySummary(round.report));
  }

  alone(): string | undefined {
    return this.#alone;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    const before = this.#round;
    this.#round = undefined;
    this.#isStopped = true;
    this.#cancel();
    await this.#running;
    await this.#leave(before);
    // Of a change that has ended; an open one is reported again after the next start.
    if (before === undefined && this.#isThere) await this.#quietly(this.#deps.store.remove());
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #next(ms: number): void {
    this.#cancel();
    this.#cancel = this.#deps.clock.after(ms, () => {
      this.#running ??= this.#tick().finally(() => {
        this.#running = undefined;
      });
    });
  }

  /** Writes, reads, and comes again. A failure of the datastore is the change's own trouble. */
  async #tick(): Promise<void> {
    const round = this.#round;
    const { clock, logger } = this.#deps;
    if (round === undefined) return;
    const before = JSON.stringify([this.#alone, round.summary]);
    try {
      await this.#writeReport(round);
      if (this.#alone === undefined && clock.elapsed() >= round.readAtMs) {
        await this.#readSummary(round);
        round.readAtMs = clock.elapsed() + this.#pauseMs(round);
        // The summary may say that this node is waited for.
        if (this.#round === round) await this.#writeReport(round);
      }
      round.failures = 0;
      round.answeredMs = clock.elapsed();
    } catch (error) {
      logger.debug('cannot exchange what the nodes report', { reason: reasonOf(error) });
      round.failures += 1;
      round.readAtMs = clock.elapsed() + this.#pauseMs(round);
      if (clock.elapsed() - round.answeredMs >= silentMs) round.summary = undefined;
    }
    if (this.#round !== round) {
      // Published or withdrawn meanwhile: a publication finds the tick running, and is taken up here.
      if (this.#round !== undefined) this.#next(0);
      return;
    }
    if (JSON.stringify([this.#alone, round.summary]) !== before) this.#tell();
    const isBehind = round.written?.report !== round.report;
    this.#next(isBehind ? this.#spread(this.#leastMs(round)) : this.#untilRead(round));
  }

  #untilRead({ readAtMs }: Round): number {
    const left = readAtMs - this.#deps.clock.elapsed();
    return left > 0 ? left : this.#spread(this.#deps.store.everyMs);
  }

  #leastMs({ failures }: Round): number {
    return Math.min(this.#deps.store.everyMs * 2 ** Math.min(failures, mostDoublings), longestMs);
  }

  #pauseMs(round: Round): number {
    const nodes = round.summary?.nodes ?? 0;
    const isWriter = round.report.isWriter === true;
    const usual = round.reading === undefined ? nodes * msPerNode : nodes;
    const pause = isWriter ? this.#leastMs(round) : Math.max(this.#leastMs(round), usual);
    return this.#spread(Math.min(pause, longestMs));
  }

  /** Between a half and one and a half of it, so that the agents do not ask together. */
  #spread(ms: number): number {
    return Math.ceil(ms * (0.5 + this.#deps.clock.random()));
  }

  async #writeReport(round: Round): Promise<void> {
    const { store, clock } = this.#deps;
    const { report, written } = round;
    const isMissed =
      !store.expires &&
      written !== undefined &&
      isBlocking(report) &&
      round.summary !== undefined &&
      areStragglersLeft(round.summary) &&
      clock.elapsed() - written.atMs >= renewMs;
    if (written?.report === report && !isMissed) return;
    const atMs = clock.elapsed();
    this.#isThere = true;
    const why = await store.write(JSON.stringify(report));
    if (why !== undefined && this.#alone !== why) {
      this.#deps.logger.warn('this agent goes on without the other nodes', { why });
    }
    this.#alone = why;
    if (why !== undefined) this.#isThere = false;
    round.written = { report, atMs };
  }

  async #readSummary(round: Round): Promise<void> {
    const { store, clock } = this.#deps;
    const { digest } = round;
    const found = await store.summary(digest);
    const nowMs = clock.elapsed();
    if (found?.version !== round.standing?.version) {
      round.standing = found && {
        version: found.version,
        sinceMs: nowMs,
        summary: parseFleetSummary(found.text, digest),
      };
    }
    const summary = round.standing?.summary;
    // The one that this agent wrote before a restart is its own, too.
    const isOurs = found !== undefined && summary?.by === round.report.node;
    const isOld =
      round.standing !== undefined && !store.expires && nowMs - round.standing.sinceMs >= silentMs;
    if (found !== undefined && !isOurs && !isOld) {
      round.reading = undefined;
      if (summary !== undefined) round.summary = summary;
      return;
    }
    round.reading ??= await this.#beginReading(round, found?.version);
    if (round.reading !== undefined) await this.#readReports(round, round.reading);
  }

  /** All agents of a fleet come here in the same moment, and only one of them goes on. */
  async #beginReading(round: Round, previous: string | undefined): Promise<Reading | undefined> {
    const { store, clock } = this.#deps;
    const summary = beginningSummary(round.report.node, round.digest);
    const text = JSON.stringify(summary);
    const version = await store.writeSummary(round.digest, text, previous);
    if (version === undefined) return undefined;
    const sinceMs = clock.elapsed();
    round.standing = { version, sinceMs, summary };
    const wrote = { version, text, atMs: sinceMs };
    return { sinceMs, memory: new Map(), stragglersSinceMs: undefined, nodes: undefined, wrote };
  }

  async #readReports(round: Round, reading: Reading): Promise<void> {
    const { store, clock } = this.#deps;
    const { digest } = round;
    const nodes = await this.#nodes(reading);
    const stored = await store.reports();
    const seen = await this.#parse(stored, digest);
    const nowMs = clock.elapsed();
    reading.memory = rememberReports(reading.memory, seen, nowMs);
    const summary = summariseFleet({
      by: round.report.node,
      digest,
      nodes,
      ...knownReports(reading.memory, nowMs, reading.stragglersSinceMs),
      waitedMs: nowMs - reading.sinceMs,
    });
    reading.stragglersSinceMs =
      store.expires || !areStragglersLeft(summary)
        ? undefined
        : (reading.stragglersSinceMs ?? nowMs);
    const text = JSON.stringify(summary);
    const { wrote } = reading;
    const isRenewed = !store.expires && nowMs - wrote.atMs >= renewMs;
    if (wrote.text === text && !isRenewed) return;
    const version = await store.writeSummary(digest, text, wrote.version);
    // Another agent was faster: it is the one that reads.
    if (version === undefined) {
      round.reading = undefined;
      return;
    }
    reading.wrote = { version, text, atMs: nowMs };
    round.standing = { version, sinceMs: nowMs, summary };
    round.summary = summary;
  }

  async #nodes(reading: Reading): Promise<readonly string[]> {
    const { store, clock } = this.#deps;
    const { nodes } = reading;
    if (nodes !== undefined && clock.elapsed() - nodes.atMs < nodesMs) return nodes.names;
    const names = await store.nodes();
    reading.nodes = { names, atMs: clock.elapsed() };
    return names;
  }

  /** A report that cannot be read is none: its node counts as silent. */
  async #parse(
    { reports, skipped }: StoredReports,
    digest: string,
  ): Promise<readonly SeenReport[]> {
    const seen: SeenReport[] = [];
    let odd = skipped;
    for (const [index, { node, version, text }] of reports.entries()) {
      if (index % mostReadInOneTurn === 0) await otherWorkFirst();
      const read = parseFleetReport(text, node);
      const report = read.ok ? reportAbout(read.report, digest) : undefined;
      if (!read.ok) odd += 1;
      else if (report !== undefined) seen.push({ report, version });
    }
    if (odd > 0 && !this.#isWarned) {
      this.#isWarned = true;
      this.#deps.logger.warn('passed over reports of nodes that cannot be read', { count: odd });
    }
    return seen;
  }

  /** The next agent shall not wait until our summary is old. */
  async #leave(round: Round | undefined): Promise<void> {
    const version = round?.reading?.wrote.version;
    if (round === undefined || version === undefined) return;
    await this.#quietly(this.#deps.store.removeSummary(round.digest, version));
  }

  async #finish(round: Round, last: FleetReport | undefined): Promise<void> {
    await this.#running;
    if (last !== undefined && this.#round === undefined && this.#alone === undefined) {
      round.report = last;
      await this.#quietly(this.#writeReport(round));
    }
    await this.#leave(round);
    // A round that began meanwhile has the report by now, and its timer.
    if (!this.#isThere || this.#round !== undefined || this.#isStopped) return;
    // Without a last word its absence says that the change has ended well.
    this.#cancel = this.#deps.clock.after(last === undefined ? 0 : lingerMs, () => {
      this.#isThere = false;
      void this.#quietly(this.#deps.store.remove());
    });
  }

  async #quietly(work: Promise<unknown>): Promise<void> {
    await work.catch((error: unknown) => {
      this.#deps.logger.debug('cannot tell the other nodes that the change has ended', {
        reason: reasonOf(error),
      });
    });
  }
}
