/**
 * The exchange of a fleet in its datastore. Each agent with an open change writes its report. One of
 * them reads all reports and writes the summary, and the others read only the summary: 5,000 agents
 * that each read 5,000 reports would load the datastore more than the change itself.
 *
 * No lock chooses that agent: it is the one whose summary stands in the datastore. Two at once do no
 * harm, because both summarise the same reports, and the version of the summary lets one of them win.
 */
import { isBlocking } from '../../../core/fleet/blocking.ts';
import { areStragglersLeft } from '../../../core/fleet/fleet-memory.ts';
import type { FleetReport } from '../../../core/fleet/fleet-report.ts';
import { silentMs, type FleetSummary } from '../../../core/fleet/summarise-fleet.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FleetStore } from '../../ports/datastore/fleet-store.ts';
import type { FleetExchange } from '../../ports/fleet.ts';
import type { ReportHealth } from '../health/adapter-health.ts';
import { createExchangePace, type ExchangePace } from './exchange-pace.ts';
import { beginRound, type Round } from './exchange-round.ts';
import { followSummary } from './follow-summary.ts';
import { lonelySummary } from './lonely-exchange.ts';
import { renewMs } from './summary-writer.ts';
import type { WithoutReport } from './without-report.ts';

export interface StoreExchangeDeps {
  readonly store: FleetStore;
  readonly clock: Pick<Clock, 'elapsed' | 'after' | 'random'>;
  readonly logger: Pick<Logger, 'warn' | 'debug'>;
  /** Absent: the store's failures are not reported. */
  readonly health?: ReportHealth;
  /** Absent: nothing is known of earlier changes. */
  readonly withoutReport?: WithoutReport;
}

/** For this long the datastore keeps the last report of a change, so that all other agents read it. */
const lingerMs = 30_000;

export function createStoreExchange(deps: StoreExchangeDeps): FleetExchange {
  return new StoreExchange(deps);
}

class StoreExchange implements FleetExchange {
  readonly #deps: StoreExchangeDeps;
  readonly #pace: ExchangePace;
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
    this.#pace = createExchangePace(deps.store.everyMs, deps.clock);
  }

  publish(report: FleetReport, isOwnOnly = false): void {
    const before = this.#round;
    if (before?.digest === report.revision.digest) before.report = report;
    else {
      void this.#leave(before);
      const { clock, withoutReport } = this.#deps;
      this.#round = beginRound(report, clock.elapsed(), withoutReport?.known());
    }
    if (this.#round !== undefined) this.#round.isOwnOnly = isOwnOnly;
    this.#next(0);
  }

  withdraw(last?: FleetReport): void {
    const before = this.#round;
    if (before === undefined) return;
    this.#round = undefined;
    this.#cancel();
    this.#deps.health?.succeeded('fleet');
    this.#notify();
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
    // The change has ended; an open one is reported again after the next start.
    if (before === undefined && this.#isThere) await this.#quietly(this.#deps.store.remove());
  }

  #notify(): void {
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

  /** Writes, reads, and sets the next timer. A failure of the datastore also fails the change itself. */
  async #tick(): Promise<void> {
    const round = this.#round;
    const { clock, logger } = this.#deps;
    if (round === undefined) return;
    const before = JSON.stringify([this.#alone, round.summary]);
    let failure: string | undefined;
    try {
      await this.#writeReport(round);
      if (this.#alone === undefined && clock.elapsed() >= round.readAtMs) {
        await followSummary(this.#deps, round);
        const { neverReported } = round.summary ?? {};
        if (neverReported !== undefined && !round.isOwnOnly)
          this.#deps.withoutReport?.remember(neverReported);
        round.readAtMs = clock.elapsed() + this.#pace.pauseMs(round);
        // The summary may show that other nodes wait for this one.
        if (this.#round === round) await this.#writeReport(round);
      }
      round.failures = 0;
      round.answeredMs = clock.elapsed();
      round.sinceMs ??= round.answeredMs;
    } catch (error) {
      failure = reasonOf(error);
      logger.debug('cannot exchange the reports of the nodes', { reason: failure });
      round.failures += 1;
      round.readAtMs = clock.elapsed() + this.#pace.pauseMs(round);
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
    if (JSON.stringify([this.#alone, round.summary]) !== before) this.#notify();
    const isBehind = round.written?.report !== round.report;
    const nextMs = isBehind ? this.#pace.nextWriteMs(round) : this.#pace.untilReadMs(round);
    this.#next(nextMs);
    if (failure === undefined) this.#deps.health?.succeeded('fleet');
    else this.#deps.health?.failed('fleet', failure, nextMs);
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

  /** Removes our summary, so that the next agent need not wait until it is old. */
  async #leave(round: Round | undefined): Promise<void> {
    const version = round?.writer?.version;
    if (round === undefined || version === undefined) return;
    await this.#quietly(this.#deps.store.removeSummary(round.digest, version));
  }

  async #finish(round: Round, last: FleetReport | undefined): Promise<void> {
    await this.#running;
    // Where reports do not expire, an absent report means that the change has ended well.
    const isConfirmed = last?.stage === 'confirmed';
    const isLeft = last !== undefined && !isConfirmed;
    if (isLeft && this.#round === undefined && this.#alone === undefined) {
      round.report = last;
      await this.#quietly(this.#writeReport(round));
    }
    await this.#leave(round);
    // A round that began meanwhile has its own report and timer by now.
    if (!this.#isThere || this.#round !== undefined || this.#isStopped) return;
    const end = isConfirmed ? JSON.stringify(last) : undefined;
    this.#cancel = this.#deps.clock.after(last === undefined || isConfirmed ? 0 : lingerMs, () => {
      this.#isThere = false;
      void this.#quietly(this.#deps.store.remove(end));
    });
  }

  async #quietly(work: Promise<unknown>): Promise<void> {
    await work.catch((error: unknown) => {
      this.#deps.logger.debug('cannot report the end of the change to the other nodes', {
        reason: reasonOf(error),
      });
    });
  }
}
