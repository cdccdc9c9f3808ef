/** Observes the node every other second while a change is in force and not confirmed. */
import {
  decideConfirm,
  type ConfirmDecision,
  type ConfirmWatch,
} from '../../../core/confirm/decide-confirm.ts';
import type { Health } from '../../../core/confirm/health.ts';
import { withOtherNodes, type OtherNodes } from '../../../core/confirm/other-nodes.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { revisionName } from '../state/revision-name.ts';
import type { ConfirmedBy } from '../state/state-changes.ts';
import type { ShowConfirming } from './confirm-view.ts';
import type { OwnProof } from './own-proof.ts';
import { rollBack, type RollBackDeps } from './roll-back.ts';
import type { NodeObserver } from './observe-node.ts';
import type { Stored, StoredConfirming } from './stored-confirming.ts';

export interface WatchDeps extends RollBackDeps {
  readonly observer: NodeObserver;
  readonly stored: StoredConfirming;
  readonly showing: ShowConfirming;
  readonly clock: Pick<Clock, 'now' | 'elapsed' | 'after'>;
  /** Whether other nodes are at work on the same revision. */
  readonly othersAtWork: (revision: RevisionRef) => boolean;
  /** Whether one of these nodes may have died: it has not ended the change, and its report still counts. */
  readonly mayBeDead: (revision: RevisionRef, nodes: readonly string[]) => boolean;
  /** The reports of other nodes about it; empty where this agent did not write it for them. */
  readonly others: (revision: RevisionRef) => OtherNodes;
  /** This node's own judgement, for the other nodes. */
  readonly proof: OwnProof;
  /** Runs while no pass runs, and a pass after it. */
  readonly between: (task: () => Promise<unknown>) => Promise<unknown>;
  readonly wake: () => void;
}

const everyMs = 2000;
/** The pause where there is no revision to roll back to: the agent goes on observing the node. */
const stuckEveryMs = 10_000;
const maxWhy = 4096;
/**
 * As long as a node may wait at its gates. A node that never ends its work must not hold the others
 * up.
 */
const mostAtWorkMs = 180_000;

export class ChangeWatch {
  /**
   * Why the next pass that finds everything written confirms the revision; undefined: it does not.
   */
  due: ConfirmedBy | undefined;
  /** Why the last pass failed; undefined: it did not. */
  passFailure: string | undefined;
  #watch: ConfirmWatch = {};
  #wereOthersAtWork = false;
  /** When the other nodes were first at work, in ms of the monotonic clock. */
  #atWorkSinceMs: number | undefined;
  /** To which nodes no route was left, by the last observation. */
  #cutOff: readonly string[] = [];
  #isWatching = false;
  #callOff = (): void => undefined;
  readonly #deps: WatchDeps;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
  }

  follow(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#callOff = this.#deps.clock.after(everyMs, () => void this.#tick());
  }

  stop(): void {
    this.#isWatching = false;
    this.#callOff();
  }

  /** Forgets all observations: the change that they are about has ended. */
  forget(): void {
    this.#watch = {};
    this.due = undefined;
    this.passFailure = undefined;
    this.#wereOthersAtWork = false;
    this.#atWorkSinceMs = undefined;
    this.#cutOff = [];
    this.#deps.proof.forget();
    this.#deps.showing.show();
  }

  /** Rolls the revision back. Only to be called while no pass runs. @throws AppError */
  async back({ revision, previous }: Stored, why: string): Promise<void> {
    await rollBack(this.#deps, { revision, why, target: previous });
    this.forget();
  }

  /** Never throws. */
  async #tick(): Promise<void> {
    const { stored, clock, report } = this.#deps;
    try {
      await this.#observe();
    } catch (error) {
      const reason = reasonOf(error);
      report.logger.warn('cannot watch a change that is not confirmed', { reason });
    }
    const now = stored.current();
    if (!this.#isWatching) return;
    this.#isWatching = now?.deadline !== undefined;
    if (!this.#isWatching) return;
    const pauseMs = now?.unhealthy === undefined ? everyMs : stuckEveryMs;
    this.#callOff = clock.after(pauseMs, () => void this.#tick());
  }

  async #observe(): Promise<void> {
    const { stored, observer, showing, proof } = this.#deps;
    const before = stored.current();
    if (before?.deadline === undefined) return;
    if (before.isInForce !== true) return this.#judgeUnfinished(before);
    await this.#followOthers(before);
    const applied = before.seconds - stored.left(before) / 1000;
    const own = await observer.health(before.baseline, applied, this.passFailure);
    this.#cutOff = own.cutOff;
    const now = stored.of(before.revision);
    if (now?.isInForce !== true) return;
    proof.observed(now, own);
    const others = this.#deps.others(now.revision);
    const health = withOtherNodes(own, others);
    showing.show(health, others.awaited);
    await this.#perform(now, this.#decide(now, health, others), others);
  }

  /** Rolls back a revision that is written in part, where the pass still fails at the deadline. */
  async #judgeUnfinished(now: Stored): Promise<void> {
    const isOver = this.#deps.stored.left(now) === 0;
    if (!isOver || this.passFailure === undefined || now.previous === undefined) return;
    const why = `it could not be finished within ${String(now.seconds)} s: ${this.passFailure}`;
    await this.#deps.between(() => this.back(now, why));
  }

  /**
   * When the other nodes end their work, this node gets its whole time again. The same goes for a
   * node to which no route is left, as long as it may have died: nobody knows that before its
   * report vanishes.
   */
  async #followOthers({ revision }: Stored): Promise<void> {
    const { clock, othersAtWork, mayBeDead, stored } = this.#deps;
    const nowMs = clock.elapsed();
    const areAtWork = othersAtWork(revision) || mayBeDead(revision, this.#cutOff);
    if (areAtWork) this.#atWorkSinceMs ??= nowMs;
    const isWaitedFor = areAtWork && nowMs - (this.#atWorkSinceMs ?? nowMs) < mostAtWorkMs;
    if (this.#wereOthersAtWork && !isWaitedFor) await stored.setDeadline(revision);
    this.#wereOthersAtWork = isWaitedFor;
  }

  #decide(now: Stored, health: Health, { awaited, rolledBack }: OtherNodes): ConfirmDecision {
    const nowMs = this.#deps.clock.elapsed();
    const { mode, seconds, previous } = now;
    const terms = {
      mode,
      seconds,
      untilMs: nowMs + this.#deps.stored.left(now),
      canRollBack: previous !== undefined,
      othersAtWork: this.#wereOthersAtWork,
      awaitsOthers: awaited !== undefined,
      rolledBack,
    };
    return decideConfirm(terms, this.#watch, health, nowMs);
  }

  async #perform(now: Stored, decided: ConfirmDecision, others: OtherNodes): Promise<void> {
    switch (decided.decision) {
      case 'wait':
        this.#watch = decided.watch;
        return;
      case 'confirm':
        if (this.due === undefined) this.#becomeDue(now, others.awaited);
        this.due = confirmedBy(decided.by, others);
        return;
      case 'stay':
        this.#watch = decided.watch;
        return this.#stay(now, decided.why);
      case 'roll-back':
        await this.#deps.between(() => this.back(now, decided.why));
    }
  }

  #becomeDue({ revision }: Stored, awaited: string | undefined): void {
    const { report, wake } = this.#deps;
    if (awaited !== undefined) {
      const name = revisionName(revision);
      report.logger.warn(`${name} is confirmed without a report of other nodes`, { awaited });
    }
    wake();
  }

  async #stay({ revision, unhealthy }: Stored, why: string): Promise<void> {
    if (unhealthy !== undefined) return;
    const { stored, report, wake } = this.#deps;
    await stored.change(revision, (now) => ({ ...now, unhealthy: why.slice(0, maxWhy) }));
    const message = `${revisionName(revision)} is in force and not healthy, and there is no earlier revision to roll back to: ${why}`;
    report.logger.error(message);
    report.emit({
      type: 'failed',
      revision,
      code: 'unhealthy',
      message,
      issues: [],
      retrying: true,
      mayPass: false,
    });
    wake();
  }
}

/** A node that observes no session itself goes by the nodes for which it wrote the change. */
function confirmedBy(by: 'health' | 'nothing-seen', { healthy }: OtherNodes): ConfirmedBy {
  return by === 'health' || healthy === undefined
    ? { by }
    : { by: 'other-nodes', healthyNodes: healthy };
}
