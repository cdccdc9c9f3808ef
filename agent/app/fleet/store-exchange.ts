/**
 * The exchange of a fleet in its datastore. Each agent with a change open writes its report; one of
 * them reads all reports and writes the summary, and the others read the summary alone: 5,000 agents
 * that each read 5,000 reports would ask more of the datastore than the change itself.
 *
 * No lock decides which agent it is: the one whose summary stands. Two at once do no harm, because
 * both summarise the same reports, and the version of the summary lets one of them win.
 */
import { isBlocking } from '../../../core/fleet/blocking.ts';
import { areStragglersLeft } from '../../../core/fleet/fleet-memory.ts';
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import {
  parseFleetSummary,
  silentMs,
  type FleetSummary,
} from '../../../core/fleet/summarise-fleet.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FleetStore } from '../../ports/datastore/fleet-store.ts';
import type { FleetExchange } from '../../ports/fleet.ts';
import type { ReportHealth } from '../health/adapter-health.ts';
import { lonelySummary } from './lonely-exchange.ts';
import type { WithoutReport } from './without-report.ts';
import { claimSummary, renewMs, type Standing, type SummaryWriter } from './summary-writer.ts';

export interface StoreExchangeDeps {
  readonly store: FleetStore;
  readonly clock: Pick<Clock, 'elapsed' | 'after' | 'random'>;
  readonly logger: Pick<Logger, 'warn' | 'debug'>;
  /** Absent: nobody wants to know how the store is. */
  readonly health?: ReportHealth;
  /** Absent: nothing is known of earlier changes. */
  readonly withoutReport?: WithoutReport;
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
/** The datastore keeps how a change has ended for so long that all others see it. */
const lingerMs = 30_000;

/** What belongs to one content of a revision. */
interface Round {
  readonly digest: string;
  report: FleetReport;
  /** The report as it was last written, and when. */
  written: { readonly report: FleetReport; readonly atMs: number } | undefined;
  summary: FleetSummary | undefined;
  /** When the summary is to be read next: a report that is written between does not hasten it. */
  readAtMs: number;
  standing: Standing | undefined;
  /** Absent: another agent puts the reports together. */
  writer: SummaryWriter | undefined;
  /** Failures of the store in a row, and when it answered last. */
  failures: number;
  answeredMs: number;
  /** Since when the store answers, so that nodes could report; undefined: it does not. */
  sinceMs: number | undefined;
  /** What was known when it began. */
  readonly withoutReport: ReadonlySet<string>;
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
        writer: undefined,
        failures: 0,
        answeredMs: this.#deps.clock.elapsed(),
        sinceMs: undefined,
        withoutReport: new Set(this.#deps.withoutReport?.known()),
      };
    }
    this.#next(0);
  }

  withdraw(last?: FleetReport): void {
    const before = this.#round;
    if (before === undefined) return;
    this.#round = undefined;
    this.#cancel();
    this.#deps.health?.succeeded('fleet');
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
    let failure: string | undefined;
    try {
      await this.#writeReport(round);
      if (this.#alone === undefined && clock.elapsed() >= round.readAtMs) {
        await this.#readSummary(round);
        const { neverReported } = round.summary ?? {};
        if (neverReported !== undefined) this.#deps.withoutReport?.remember(neverReported);
        round.readAtMs = clock.elapsed() + this.#pauseMs(round);
        // The summary may say that this node is waited for.
        if (this.#round === round) await this.#writeReport(round);
      }
      round.failures = 0;
      round.answeredMs = clock.elapsed();
      round.sinceMs ??= round.answeredMs;
    } catch (error) {
      failure = reasonOf(error);
      logger.debug('cannot exchange what the nodes report', { reason: failure });
      round.failures += 1;
      round.readAtMs = clock.elapsed() + this.#pauseMs(round);
      if (clock.elapsed() - round.answeredMs >= silentMs) {
        round.summary = undefined;
        round.sinceMs = undefined;
      }
    }
    if (this.#round !== round) {
      // Published or withdrawn meanwhile: a publication finds the tick running, and is taken up here.
      if (this.#round !== undefined) this.#next(0);
      return;
    }
    if (JSON.stringify([this.#alone, round.summary]) !== before) this.#tell();
    const isBehind = round.written?.report !== round.report;
    const nextMs = isBehind ? this.#spread(this.#leastMs(round)) : this.#untilRead(round);
    this.#next(nextMs);
    if (failure === undefined) this.#deps.health?.succeeded('fleet');
    else this.#deps.health?.failed('fleet', failure, nextMs);
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
    const usual = round.writer === undefined ? nodes * msPerNode : nodes;
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
      round.writer = undefined;
      if (summary !== undefined) round.summary = summary;
      return;
    }
    round.writer ??= await this.#claimSummary(round, found?.version);
    if (round.writer !== undefined) await this.#updateSummary(round, round.writer);
  }

  async #claimSummary(
    round: Round,
    previous: string | undefined,
  ): Promise<SummaryWriter | undefined> {
    const { report, digest, sinceMs = this.#deps.clock.elapsed() } = round;
    const topic = { by: report.node, digest, sinceMs, withoutReport: round.withoutReport };
    const claimed = await claimSummary(this.#deps, topic, previous);
    if (claimed !== undefined) round.standing = claimed.standing;
    return claimed?.writer;
  }

  async #updateSummary(round: Round, writer: SummaryWriter): Promise<void> {
    const written = await writer.update();
    if (written === 'replaced') round.writer = undefined;
    else if (written !== 'unchanged') {
      round.standing = written;
      round.summary = written.summary;
    }
  }

  /** The next agent shall not wait until our summary is old. */
  async #leave(round: Round | undefined): Promise<void> {
    const version = round?.writer?.version;
    if (round === undefined || version === undefined) return;
    await this.#quietly(this.#deps.store.removeSummary(round.digest, version));
  }

  async #finish(round: Round, last: FleetReport | undefined): Promise<void> {
    await this.#running;
    // Where reports do not vanish by themselves, its absence says that the change has ended well.
    const isConfirmed = last?.stage === 'confirmed';
    const isLeft = last !== undefined && !isConfirmed;
    if (isLeft && this.#round === undefined && this.#alone === undefined) {
      round.report = last;
      await this.#quietly(this.#writeReport(round));
    }
    await this.#leave(round);
    // A round that began meanwhile has the report by now, and its timer.
    if (!this.#isThere || this.#round !== undefined || this.#isStopped) return;
    const end = isConfirmed ? JSON.stringify(last) : undefined;
    this.#cancel = this.#deps.clock.after(last === undefined || isConfirmed ? 0 : lingerMs, () => {
      this.#isThere = false;
      void this.#quietly(this.#deps.store.remove(end));
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
