/**
 * Guard routes for this agent's changes: they begin before a change's first step, and end when it
 * is confirmed and BIRD's routes are back, at the latest at their deadline. The kernel holds the
 * routes with their deadline, so a new process continues after the previous one was killed.
 */
import { decideEnd } from '../../../core/guard/decide-end.ts';
import { guardSeconds } from '../../../core/guard/guard-seconds.ts';
import { touchesBgp } from '../../../core/guard/touches-bgp.ts';
import { nameSome } from '../../../core/name-some.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GuardRoutes, GuardState } from '../../ports/guard-routes.ts';
import type { ReportHealth } from '../health/adapter-health.ts';
import type { BeginningChange, ChangeListener, ChangeMoment } from '../apply/change-listeners.ts';
import { createDepartedRoutes, type DepartedDeps } from './departed-routes.ts';
import { neverBecause, type GuardView } from '../../../core/guard/guard-view.ts';
import { inTurn } from './in-turn.ts';
import {
  begunStanding,
  foundStanding,
  isStandingFor,
  stillStanding,
  type Standing,
} from './standing.ts';

export interface Guard extends ChangeListener {
  /** The same object as long as nothing changed. */
  view(): GuardView;
  /** Takes over guard routes of the previous process, and finds out whether this agent can guard. */
  start(): void;
  /** Ends the checks. The routes stay: the next process, or systemd, removes them. */
  stop(): void;
}

export interface GuardDeps {
  readonly routes: GuardRoutes;
  /** Why this revision, or every revision, has no guard routes; undefined: it has them. */
  readonly refusal: (revision?: RevisionRef) => string | undefined;
  /** Whether no change is open and the configuration in force is confirmed. */
  readonly isSettled: () => Promise<boolean>;
  /** Whether routes still have AS numbers that the configuration does not have any more. Absent: unknown. */
  readonly hasOddRoutes?: () => boolean;
  readonly departed: DepartedDeps['departed'];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly changed: (view: GuardView) => void;
  /** Absent: failures are not reported. */
  readonly health?: ReportHealth;
}

const checkMs = 2000;

export function createGuard(deps: GuardDeps): Guard {
  const guard = new RunningGuard(deps);
  const turn = inTurn();
  let lastReason: string | undefined;
  const failed = (error: unknown): void => {
    const reason = reasonOf(error);
    if (reason !== lastReason) deps.logger.warn('cannot follow the guard routes', { reason });
    lastReason = reason;
    deps.health?.failed('guard-routes', reason, guard.stands() ? checkMs : undefined);
  };
  let cancel = (): void => undefined;
  let isStopped = false;

  /** Checks the guard routes from time to time, as long as there are any. */
  const follow = (): void => {
    cancel();
    if (isStopped || !guard.stands()) return;
    cancel = deps.clock.after(checkMs, () => void doInTurn(() => guard.check()));
  };
  const doInTurn = (task: () => Promise<void>): Promise<void> =>
    turn(() => (isStopped ? Promise.resolve() : task().catch(failed))).finally(follow);
  return {
    view: () => guard.view(),
    start: () => void doInTurn(() => guard.takeUp()),
    stop: () => {
      isStopped = true;
      cancel();
    },
    begins: (change) => doInTurn(() => guard.begins(change)),
    moved: (moment) => void doInTurn(() => guard.moved(moment)),
  };
}

/** The guard's state. The caller runs its methods one after the other. */
class RunningGuard {
  readonly #deps: GuardDeps;
  readonly #leaveOutDeparted: (carrying: readonly string[]) => Promise<void>;
  #standing: Standing | undefined;
  #view: GuardView = { guard: 'off' };
  /** The revision whose guard routes ended before its change did. */
  #over: RevisionRef | undefined;
  #obstacle: string | undefined;
  /** The last reading of the guard routes failed. */
  #isUnread = false;

  constructor(deps: GuardDeps) {
    this.#deps = deps;
    this.#leaveOutDeparted = createDepartedRoutes(deps);
  }

  view(): GuardView {
    return this.#view;
  }

  stands(): boolean {
    return this.#standing !== undefined;
  }

  async takeUp(): Promise<void> {
    const { routes, clock, logger, refusal } = this.#deps;
    try {
      const state = await routes.state();
      if (state.state === 'on') {
        logger.info('found guard routes of the previous process', { routes: state.routes });
        this.#standing = foundStanding(state, clock);
        await this.check();
      }
      if (refusal() === undefined) {
        this.#obstacle = await routes.obstacle();
        this.#note(this.#obstacle);
      }
    } catch (error) {
      this.#obstacle = reasonOf(error);
    }
    this.#showStanding();
  }

  async begins({ revision, plan }: BeginningChange): Promise<void> {
    if (!touchesBgp(plan)) return;
    const refusal = this.#deps.refusal(revision);
    if (refusal !== undefined) {
      if (!this.stands()) this.#show(neverBecause(refusal));
    } else if (this.#standing !== undefined && isStandingFor(this.#standing, revision)) {
      this.#standing = { ...this.#standing, revision };
    } else if (this.#isOver(revision)) {
      this.#show(neverBecause('its guard routes ended before the change did'));
    } else {
      await this.#begin(revision, guardSeconds(plan), 0);
    }
  }

  /** Each step begins with a new deadline, so that its guard has the whole time. */
  async moved(moment: ChangeMoment): Promise<void> {
    const { revision } = moment;
    if (this.#isOver(revision) && endsWait.has(moment.at)) {
      this.#over = undefined;
      this.#showStanding();
    }
    if (moment.at !== 'step') return;
    const { progress } = moment;
    const standing = this.#standing;
    if (standing === undefined || !isStandingFor(standing, revision)) return;
    const { step } = progress;
    if (standing.step === 0) this.#standing = { ...standing, step };
    else if (step > standing.step) await this.#begin(revision, standing.seconds, step);
  }

  async check(): Promise<void> {
    const { clock, logger } = this.#deps;
    if (this.#standing === undefined) return;
    const state = await this.#state();
    if (state.state === 'on') {
      this.#standing = stillStanding(this.#standing, state, clock);
    } else if (this.#standing.routes > 0) {
      logger.warn('somebody took the guard routes away');
      this.#forget(this.#standing.revision);
      return;
    }
    if (this.#deps.refusal(this.#standing.revision) !== undefined) {
      await this.#end(this.#standing, 'refused');
    } else await this.#judge(this.#standing);
  }

  async #begin(revision: RevisionRef, seconds: number, step: number): Promise<void> {
    const { routes, clock, logger } = this.#deps;
    const before = this.#standing;
    const begun = await routes.begin(seconds);
    this.#note(begun.guard === 'never' ? begun.why : undefined);
    if (begun.guard === 'never') {
      if (this.#obstacle !== begun.why) {
        logger.warn('this change runs without guard routes', { reason: begun.why });
      }
      this.#obstacle = begun.why;
      if (before !== undefined) this.#standing = { ...before, revision, step };
    } else {
      const { routes: count, uncopied } = begun;
      if (before === undefined) logger.info('guard routes stand', { routes: count, seconds });
      if (uncopied > 0) {
        logger.warn('routes of BIRD have no guard: they cannot be copied', { routes: uncopied });
      }
      this.#obstacle = undefined;
      const carrying = before?.carrying ?? [];
      const details = { revision, routes: count, carrying, seconds, step };
      this.#standing = begunStanding(details, clock);
    }
    this.#showStanding();
  }

  async #judge(standing: Standing): Promise<void> {
    const { clock, isSettled, hasOddRoutes } = this.#deps;
    const { carrying, watch, untilMs } = standing;
    const nowMs = clock.elapsed();
    const decision = decideEnd(watch, {
      nowMs,
      left: (untilMs - nowMs) / 1000,
      isSettled: await isSettled().catch(() => false),
      carrying: carrying.length,
      hasOddRoutes: hasOddRoutes?.() ?? false,
    });
    if (decision.decision === 'end') return this.#end(standing, decision.why);
    this.#standing = { ...standing, watch: decision.watch };
    this.#showStanding();
    await this.#leaveOutDeparted(carrying);
  }

  async #end(
    { carrying, revision, routes: count }: Standing,
    why: keyof typeof endTexts,
  ): Promise<void> {
    const { routes, logger } = this.#deps;
    await routes.end();
    this.#note(undefined);
    const lost = carrying.length > 0 && { withoutAnotherRoute: nameSome([...carrying]) };
    const level = carrying.length > 0 ? 'warn' : 'info';
    logger[level]('guard routes are taken away', { routes: count, why: endTexts[why], ...lost });
    this.#forget(why === 'deadline' ? revision : undefined);
  }

  /** A reading counts as a success only after a failed one, because it proves nothing about the helper. */
  async #state(): Promise<GuardState> {
    const isUnread = this.#isUnread;
    this.#isUnread = true;
    const state = await this.#deps.routes.state();
    this.#isUnread = false;
    if (isUnread) this.#note(undefined);
    return state;
  }

  /** @param failure undefined: it worked */
  #note(failure: string | undefined): void {
    if (failure === undefined) this.#deps.health?.succeeded('guard-routes');
    else this.#deps.health?.failed('guard-routes', failure, undefined);
  }

  #forget(over: RevisionRef | undefined): void {
    this.#over = over;
    this.#standing = undefined;
    this.#showStanding();
  }

  #isOver(revision: RevisionRef): boolean {
    return this.#over !== undefined && sameRevision(this.#over, revision);
  }

  #showStanding(): void {
    const standing = this.#standing;
    if (standing === undefined) {
      return this.#show(neverBecause(this.#deps.refusal() ?? this.#obstacle));
    }
    const { routes, carrying, until } = standing;
    this.#show({ guard: 'on', routes, carrying: carrying.length, until });
  }

  #show(next: GuardView): void {
    if (JSON.stringify(next) === JSON.stringify(this.#view)) return;
    this.#view = next;
    this.#deps.changed(next);
  }
}

/** After these the change does not wait any more without its guard routes. */
const endsWait: ReadonlySet<ChangeMoment['at']> = new Set([
  'step',
  'written',
  'confirmed',
  'rejected',
]);

const endTexts = {
  unneeded: 'the change is confirmed, and BIRD has all routes again',
  late: 'the change is confirmed, and BIRD did not bring all routes back as they shall be',
  deadline: 'their deadline is over',
  refused: 'they are switched off',
} as const;
