/**
 * Reports the progress of a change on this node to the other nodes, from before its first step until
 * it is confirmed or rolled back, and nothing at other times.
 */
import {
  fleetSessions,
  type FleetReport,
  type FleetStage,
} from '../../../core/fleet/fleet-report.ts';
import { publishInMs, published, type Published } from '../../../core/fleet/pace-reports.ts';
import { hasOwnChangesLeft, platformLeft } from '../../../core/plan/own-changes.ts';
import type { Baseline } from '../../../core/confirm/baseline.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FleetExchange } from '../../ports/fleet.ts';
import type { BeginningChange, ChangeListener, ChangeMoment } from '../apply/change-listeners.ts';
import type { SessionsReport } from '../sessions/observe-sessions.ts';
import type { AgentState } from '../state/agent-state.ts';
import { isRollingBack } from '../state/rolling-back.ts';

export interface FleetReporterDeps {
  readonly exchange: Pick<FleetExchange, 'publish' | 'withdraw'>;
  readonly node: () => string;
  readonly state: () => AgentState;
  readonly isHeld: () => boolean;
  /** Whether the datastore names this agent as the writer of the revision's cluster-wide resources. */
  readonly isWriter: (revision: RevisionRef) => boolean;
  readonly sessions: () => Promise<Pick<SessionsReport, 'daemons' | 'verdicts'>>;
  /** The name under which the nodes report about the revision; absent: its own. */
  readonly roundOf?: (revision: RevisionRef) => RevisionRef;
  /** The sessions and routes of this node before the change; absent, undefined: not observed. */
  readonly before?: () => Baseline | undefined;
  /** Seconds since all nodes have made their changes; absent, undefined: not yet. */
  readonly writtenSeconds?: (revision: RevisionRef) => number | undefined;
  /** Absent: this agent has no guard routes. */
  readonly guard?: () => Pick<FleetReport, 'guard' | 'why'>;
  /** The node's health with the revision in force; absent: unknown. */
  readonly proof?: (revision: RevisionRef) => Pick<FleetReport, 'unhealthy' | 'isProven'>;
  /** Whether this node is a control plane, by the services that it restarts; absent: taken for one. */
  readonly isControlPlane?: (services: readonly string[]) => Promise<boolean>;
  /** Absent: unknown. */
  readonly routes?: () => Promise<FleetReport['routes']>;
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
  readonly logger: Pick<Logger, 'debug'>;
}

export interface FleetReporter extends ChangeListener {
  /** This node's newest report; undefined: no change runs. */
  own(): FleetReport | undefined;
  /** Checks at once whether the change has ended, because the state has changed. */
  refresh(): void;
  stop(): void;
}

interface Round {
  readonly revision: RevisionRef;
  /** The revision was in force already: this node corrects something, or its facts are new. */
  readonly isOwnOnly: boolean;
  /** When a pass had something left to do for the last time. */
  begunMs: number;
  stage: FleetStage;
  step: FleetReport['step'];
  hasOwnChangesLeft: boolean;
  platform: ReturnType<typeof platformLeft>;
  isRestarting: boolean;
  why: string | undefined;
  last: Published | undefined;
  report: FleetReport | undefined;
}

const everyMs = 2000;
const longestWhy = 600;
/** A correction whose passes have ended without a word is over: others must not wait for its restart. */
const longestPassMs = 10 * 60_000;

export function createFleetReporter(deps: FleetReporterDeps): FleetReporter {
  return new Reporter(deps);
}

class Reporter implements FleetReporter {
  readonly #deps: FleetReporterDeps;
  #round: Round | undefined;
  /** This node's last rollback: the others learn of it during the rollback, too. */
  #rolledBack: FleetReport['rolledBack'];
  #isRunning = false;
  #cancel = (): void => undefined;

  constructor(deps: FleetReporterDeps) {
    this.#deps = deps;
  }

  /** The first report is made before the first gate is read, and the exchange sends it by itself. */
  async begins({ revision, plan, isOwnOnly }: BeginningChange): Promise<void> {
    const platform = platformLeft(plan);
    // Nobody else works on it, but services restart in turn also where nodes correct something.
    if (isOwnOnly && platform === undefined && !this.#isAbout(revision)) return;
    const isNew = this.#begin(revision, isOwnOnly);
    if (this.#round !== undefined) {
      this.#round.hasOwnChangesLeft = hasOwnChangesLeft(plan);
      this.#round.platform = platform;
      this.#round.begunMs = this.#deps.clock.elapsed();
      this.#round.isRestarting &&= this.#round.platform !== undefined;
    }
    if (isNew) await this.#tick();
  }

  moved(moment: ChangeMoment): void {
    const { revision } = moment;
    if (moment.at === 'rejected') return this.#end(revision, 'rolled-back', moment.why);
    if (moment.at === 'confirmed') return this.#end(revision, 'confirmed', undefined);
    const isKnown = this.#isAbout(revision);
    if (isKnown && this.#round?.isOwnOnly === true && moment.at === 'written') {
      return this.#end(revision, 'confirmed', undefined);
    }
    // A revision that was in force before needs no report.
    if (!isKnown && (moment.at !== 'written' || this.#hasEnded(revision))) return;
    this.#begin(revision, false);
    const round = this.#round;
    if (round === undefined) return;
    round.stage = stages[moment.at];
    if (moment.at === 'written') {
      round.hasOwnChangesLeft = false;
      round.platform = undefined;
    }
    if (moment.at === 'step' && moment.isRestart === true) {
      round.isRestarting = true;
      round.platform = { filesLeft: false, services: round.platform?.services ?? [] };
    }
    round.why = 'why' in moment ? moment.why : undefined;
    round.step = 'progress' in moment ? stepOf(moment.progress) : round.step;
    this.#soon(0);
  }

  own(): FleetReport | undefined {
    return this.#round?.report;
  }

  refresh(): void {
    if (this.#round !== undefined && this.#isOver(this.#round)) this.#soon(0);
  }

  stop(): void {
    this.#cancel();
    this.#round = undefined;
  }

  #isAbout(revision: RevisionRef): boolean {
    return this.#round !== undefined && sameRevision(this.#round.revision, revision);
  }

  /** Returns whether the change is a new one. */
  #begin(revision: RevisionRef, isOwnOnly: boolean): boolean {
    if (this.#isAbout(revision)) return false;
    if (this.#rolledBack?.revision.digest === this.#roundOf(revision).digest)
      this.#rolledBack = undefined;
    this.#round = {
      revision,
      isOwnOnly,
      begunMs: this.#deps.clock.elapsed(),
      stage: 'guarding',
      step: undefined,
      hasOwnChangesLeft: false,
      platform: undefined,
      isRestarting: false,
      why: undefined,
      last: undefined,
      report: undefined,
    };
    return true;
  }

  #roundOf(revision: RevisionRef): RevisionRef {
    return this.#deps.roundOf?.(revision) ?? revision;
  }

  #hasEnded(revision: RevisionRef): boolean {
    const state = this.#deps.state();
    const { confirmed } = state;
    const isConfirmed = confirmed !== undefined && sameRevision(confirmed, revision);
    // A rollback to a confirmed revision is a change as well, until that is in force again.
    return isConfirmed && !isRollingBack(state, revision);
  }

  #isOver({ revision, isOwnOnly, begunMs }: Round): boolean {
    const { accepted } = this.#deps.state();
    const isLeft = accepted === undefined || !sameRevision(accepted, revision);
    const isDone = isOwnOnly
      ? this.#deps.clock.elapsed() - begunMs >= longestPassMs
      : this.#hasEnded(revision);
    return isLeft || isDone || this.#deps.isHeld();
  }

  #soon(ms: number): void {
    this.#cancel();
    this.#cancel = this.#deps.clock.after(ms, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    const round = this.#round;
    if (round === undefined || this.#isRunning) return;
    if (this.#isOver(round)) {
      const end = this.#hasEnded(round.revision) ? 'confirmed' : undefined;
      return this.#end(round.revision, end, undefined);
    }
    this.#isRunning = true;
    try {
      const report = await this.#build(round);
      if (this.#round === round) this.#publish(round, report);
    } catch (error) {
      this.#deps.logger.debug('cannot tell the other nodes how this one is', {
        reason: reasonOf(error),
      });
    } finally {
      this.#isRunning = false;
    }
    if (this.#round !== undefined) this.#soon(everyMs);
  }

  #publish(round: Round, report: FleetReport): void {
    const { exchange, clock } = this.#deps;
    const nowMs = clock.elapsed();
    round.report = report;
    if (publishInMs(round.last, report, nowMs) !== 0) return;
    round.last = published(round.last, report, nowMs);
    exchange.publish(report, round.isOwnOnly);
  }

  /** @param stage undefined: another change replaced this one, or it stands still */
  #end(revision: RevisionRef, stage: FleetStage | undefined, why: string | undefined): void {
    const round = this.#round;
    if (round === undefined || !sameRevision(round.revision, revision)) return;
    this.#round = undefined;
    this.#cancel();
    const { report, last } = round;
    const of = this.#roundOf(revision);
    this.#rolledBack = stage === 'rolled-back' ? rolledBackOf(of, why) : undefined;
    const isToldOf = last !== undefined && report !== undefined && stage !== undefined;
    this.#deps.exchange.withdraw(
      isToldOf ? { ...withoutWhy(report), stage, ...whyOf(why) } : undefined,
    );
  }

  async #build(round: Round): Promise<FleetReport> {
    const { node, sessions, before, guard, routes, isWriter, proof, writtenSeconds } = this.#deps;
    const { isControlPlane } = this.#deps;
    const [{ daemons, verdicts }, routesNow = 'unknown'] = await Promise.all([
      sessions(),
      routes?.(),
    ]);
    const { revision, stage, step } = round;
    const guarding = guard?.() ?? { guard: 'never' };
    const { lineage, number, digest } = this.#roundOf(revision);
    return {
      formatVersion: 1,
      node: node(),
      revision: { lineage, number, digest },
      ...(digest !== revision.digest && { isPart: true }),
      stage,
      ...(step !== undefined && { step }),
      ...(round.hasOwnChangesLeft && { ownChangesLeft: true }),
      ...platformOf(round, (await isControlPlane?.(round.platform?.services ?? [])) ?? true),
      ...(isWriter(revision) && { isWriter: true }),
      ...(stage === 'applied' && proof?.(revision)),
      ...(this.#rolledBack !== undefined && !round.isOwnOnly && { rolledBack: this.#rolledBack }),
      guard: guarding.guard,
      sessions:
        daemons.length === 0
          ? 'unknown'
          : fleetSessions(verdicts, before?.(), writtenSeconds?.(revision)),
      routes: routesNow,
      ...whyOf(round.why ?? guarding.why),
    };
  }
}

function platformOf(
  { platform, isRestarting }: Pick<Round, 'platform' | 'isRestarting'>,
  isControlPlane: boolean,
): Pick<FleetReport, 'platform'> {
  if (platform === undefined) return {};
  const { filesLeft, services } = platform;
  return {
    platform: {
      ...(filesLeft && { filesLeft }),
      ...(services.length > 0 && { restart: isRestarting ? 'turn' : 'due' }),
      ...(isControlPlane && { isControlPlane }),
    },
  };
}

const stages: Readonly<Record<Exclude<ChangeMoment['at'], 'rejected' | 'confirmed'>, FleetStage>> =
  {
    step: 'applying',
    gate: 'at-gate',
    'awaits-writer': 'applied',
    written: 'applied',
  };

function stepOf({ step, steps }: { readonly step: number; readonly steps: number }): {
  step: number;
  steps: number;
} {
  return { step, steps };
}

function whyOf(why: string | undefined): { readonly why?: string } {
  return why === undefined ? {} : { why: why.slice(0, longestWhy) };
}

const longestRolledBack = 400;

function rolledBackOf(
  { lineage, number, digest }: RevisionRef,
  why = 'it could not apply the revision',
): FleetReport['rolledBack'] {
  return { revision: { lineage, number, digest }, why: why.slice(0, longestRolledBack) };
}

function withoutWhy({ why: _why, ...report }: FleetReport): FleetReport {
  return report;
}
