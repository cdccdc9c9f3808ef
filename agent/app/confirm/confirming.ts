/**
 * Watches a change after it is written, until it is confirmed or goes back. What has to survive the
 * process is in the agent's state; sessions and routes are read every other second, and the datastore
 * once, by the pass that confirms.
 */
import {
  decideConfirm,
  type ConfirmDecision,
  type ConfirmWatch,
} from '../../../core/confirm/decide-confirm.ts';
import { deadlineIn, isOfThisBoot, msLeft } from '../../../core/confirm/deadline.ts';
import { healthText, type Health } from '../../../core/confirm/health.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { BootClock } from '../../ports/boot-clock.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AgentState } from '../state/agent-state.ts';
import { revisionName } from '../state/revision-name.ts';
import { withConfirmed, withInForce } from '../state/state-changes.ts';
import type { Confirming, ConfirmView } from './confirm-view.ts';
import { goBack, type GoBackDeps } from './go-back.ts';
import type { NodeObserver } from './observe-node.ts';

/** What a pass tells and asks. */
export interface ConfirmingPass {
  /** Before each pass: goes back where the machine was started again, or the writer went back. */
  resume(): Promise<void>;
  /** Before anything of the revision is written: keeps how the node is. @throws AppError */
  begin(revision: RevisionRef): Promise<void>;
  /** All of it is written and read back. Returns whether it was not in force before. @throws AppError */
  enter(revision: RevisionRef): Promise<boolean>;
  /** The pass came to an end without a failure, also where the revision is not in force. */
  ended(revision: RevisionRef): Promise<void>;
  /** What the status shows of the revision; undefined: nothing waits for its confirmation. */
  shown(revision: RevisionRef): Confirming | undefined;
  /** The pass failed, and is tried again. Never throws. */
  failed(revision: RevisionRef, reason: string): Promise<void>;
}

export interface RunningConfirming extends ConfirmingPass {
  /** Ends the wait for the person or the health. */
  confirmed(revision: RevisionRef): void;
  stop(): void;
}

export interface ConfirmingDeps extends GoBackDeps {
  readonly observer: NodeObserver;
  readonly view: ConfirmView;
  readonly boot: BootClock;
  readonly clock: Pick<Clock, 'now' | 'elapsed' | 'after'>;
  /** How long a change has; 0: it is confirmed at once. */
  readonly seconds: (source: AgentState['takenBy']) => number;
  /** Whether other nodes are at work on the same revision. */
  readonly othersAtWork: (revision: RevisionRef) => boolean;
  /** Why the agent that writes for all nodes took the accepted revision back; undefined: it did not. */
  readonly takenBack: () => string | undefined;
  /** Runs while no pass runs, and a pass after it. */
  readonly between: (task: () => Promise<unknown>) => Promise<unknown>;
  readonly wake: () => void;
  readonly refreshStatus: () => void;
}

type Stored = NonNullable<AgentState['confirming']>;

const everyMs = 2000;
/** There is nothing to go back to: it is watched all the same. */
const stuckEveryMs = 10_000;

export function createConfirming(deps: ConfirmingDeps): RunningConfirming {
  const { records, report, boot, clock, view, observer } = deps;
  const { state } = records;
  let watch: ConfirmWatch = {};
  /** The node is healthy: the next pass that finds everything written confirms. */
  let due: 'health' | 'nothing-seen' | undefined;
  let passFailure: string | undefined;
  let wereOthersAtWork = false;
  let isWatching = false;
  let callOff = (): void => undefined;

  const storedFor = (revision: RevisionRef): Stored | undefined => {
    const { confirming } = state.current();
    return confirming !== undefined && sameRevision(confirming.revision, revision)
      ? confirming
      : undefined;
  };
  const forget = (): void => {
    watch = {};
    due = undefined;
    passFailure = undefined;
    wereOthersAtWork = false;
  };
  const change = (revision: RevisionRef, decide: (stored: Stored) => Stored): Promise<void> =>
    state.change((current) => {
      const { confirming } = current;
      const isSame = confirming !== undefined && sameRevision(confirming.revision, revision);
      return isSame
        ? { state: { ...current, confirming: decide(confirming) }, result: undefined }
        : { result: undefined };
    });
  const setDeadline = (revision: RevisionRef): Promise<void> =>
    change(revision, (stored) => ({ ...stored, deadline: deadlineIn(boot.now(), stored.seconds) }));
  const leftOf = ({ deadline, seconds }: Stored): number =>
    deadline === undefined ? seconds * 1000 : msLeft(deadline, boot.now(), seconds);

  const show = (health?: Health): void => {
    const { confirming } = state.current();
    const before = view.read();
    const next =
      confirming?.isInForce === true ? viewOf(confirming, leftOf(confirming), health) : undefined;
    // The time does not change with each reading of two clocks.
    const kept =
      next?.until !== undefined && before?.until !== undefined && isNear(next.until, before.until)
        ? { ...next, until: before.until }
        : next;
    if (view.show(kept)) deps.refreshStatus();
  };
  const viewOf = (
    stored: Stored,
    leftMs: number,
    health?: Health,
  ): ReturnType<ConfirmView['read']> => {
    const { revision, mode, previous, unhealthy } = stored;
    const why = health === undefined ? unhealthy : healthText(health);
    const until = new Date(Date.parse(clock.now()) + leftMs).toISOString();
    return {
      revision,
      mode,
      ...(previous !== undefined && { previous }),
      ...(unhealthy === undefined && { until }),
      ...(why !== undefined && why !== '' && { unhealthy: why.slice(0, maxWhy) }),
    };
  };

  const decide = (stored: Stored, health: Health): ConfirmDecision => {
    const nowMs = clock.elapsed();
    const { mode, seconds, previous } = stored;
    return decideConfirm(
      {
        mode,
        seconds,
        untilMs: nowMs + leftOf(stored),
        canGoBack: previous !== undefined,
        othersAtWork: wereOthersAtWork,
      },
      watch,
      health,
      nowMs,
    );
  };
  const perform = async (stored: Stored, decided: ConfirmDecision): Promise<void> => {
    const { revision } = stored;
    switch (decided.decision) {
      case 'wait':
        watch = decided.watch;
        return;
      case 'confirm':
        if (due === undefined) deps.wake();
        due = decided.by;
        return;
      case 'stay':
        watch = decided.watch;
        return stay(stored, decided.why);
      case 'roll-back':
        await deps.between(() => back(stored, decided.why, revision));
    }
  };
  const back = async (stored: Stored, why: string, revision: RevisionRef): Promise<void> => {
    await goBack(deps, { revision, why, target: stored.previous });
    forget();
    show();
  };
  const stay = async ({ revision, unhealthy }: Stored, why: string): Promise<void> => {
    if (unhealthy !== undefined) return;
    await change(revision, (now) => ({ ...now, unhealthy: why.slice(0, maxWhy) }));
    const message = `${revisionName(revision)} is in force and not healthy, and there is nothing to go back to: ${why}`;
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
    deps.wake();
  };
  /** Others that end their work leave this node its whole time. */
  const followOthers = async ({ revision }: Stored): Promise<void> => {
    const areAtWork = deps.othersAtWork(revision);
    if (wereOthersAtWork && !areAtWork) await setDeadline(revision);
    wereOthersAtWork = areAtWork;
  };

  const read = async (): Promise<void> => {
    const { confirming } = state.current();
    if (confirming?.deadline === undefined) return;
    if (confirming.isInForce !== true) {
      if (leftOf(confirming) > 0 || passFailure === undefined) return;
      const why = `it could not be finished within ${String(confirming.seconds)} s: ${passFailure}`;
      if (confirming.previous === undefined) return;
      await deps.between(() => back(confirming, why, confirming.revision));
      return;
    }
    await followOthers(confirming);
    const applied = confirming.seconds - leftOf(confirming) / 1000;
    const health = await observer.health(confirming.baseline, applied, passFailure);
    const now = storedFor(confirming.revision);
    if (now?.isInForce !== true) return;
    show(health);
    await perform(now, decide(now, health));
  };
  const tick = async (): Promise<void> => {
    try {
      await read();
    } catch (error) {
      report.logger.warn('cannot watch a change that is not confirmed', {
        reason: reasonOf(error),
      });
    }
    const { confirming } = state.current();
    if (!isWatching) return;
    if (confirming?.deadline === undefined) {
      isWatching = false;
      return;
    }
    const pauseMs = confirming.unhealthy === undefined ? everyMs : stuckEveryMs;
    callOff = clock.after(pauseMs, () => void tick());
  };
  const follow = (): void => {
    if (isWatching) return;
    isWatching = true;
    callOff = clock.after(everyMs, () => void tick());
  };

  return {
    resume: async () => {
      const { confirming, accepted, previous, confirmed } = state.current();
      const takenBack = deps.takenBack();
      if (takenBack !== undefined && accepted !== undefined) {
        const isConfirmed = confirmed !== undefined && sameRevision(confirmed, accepted);
        const target = isConfirmed ? previous : confirmed;
        await goBack(deps, { revision: accepted, why: takenBack, target });
        forget();
        show();
        return;
      }
      if (confirming?.deadline === undefined) return;
      if (!isOfThisBoot(confirming.deadline, boot.now())) {
        const why = 'the machine was started again before it was confirmed';
        if (confirming.previous !== undefined) return back(confirming, why, confirming.revision);
        await setDeadline(confirming.revision);
      }
      show();
      follow();
    },
    begin: async (revision) => {
      const { confirmed, confirming, takenBy, confirmWithin } = state.current();
      if (confirmed !== undefined && sameRevision(confirmed, revision)) return;
      if (storedFor(revision) !== undefined) return;
      const asked =
        confirmWithin !== undefined && sameRevision(confirmWithin.revision, revision)
          ? confirmWithin.seconds
          : undefined;
      const seconds = asked ?? deps.seconds(takenBy);
      if (seconds === 0) return;
      // A change on top of one that is not confirmed is compared with what was before both.
      const baseline = confirming?.baseline ?? (await observer.baseline());
      if (baseline === undefined && asked === undefined) return;
      forget();
      const next: Stored = {
        revision,
        ...(confirmed !== undefined && { previous: confirmed }),
        mode: asked === undefined ? 'health' : 'person',
        seconds,
        baseline: baseline ?? { controller: false },
      };
      await state.change((current) => ({
        state: { ...current, confirming: next },
        result: undefined,
      }));
      show();
    },
    enter: async (revision) => {
      passFailure = undefined;
      const { inForce, confirmed } = state.current();
      const isNew = inForce === undefined || !sameRevision(inForce, revision);
      if (!isNew && confirmed !== undefined && sameRevision(confirmed, revision)) return false;
      const stored = storedFor(revision);
      if (stored === undefined || (stored.isInForce === true && due !== undefined)) {
        const isConfirmed = confirmed !== undefined && sameRevision(confirmed, revision);
        const by = due ?? 'nothing-seen';
        await state.change((current) => ({
          state: isConfirmed
            ? withInForce(current, revision)
            : withConfirmed(current, revision, by),
          result: undefined,
        }));
        if (stored !== undefined)
          report.logger.info(`${revisionName(revision)} is confirmed`, { by });
        deps.companions.moved({ revision, at: 'confirmed' });
        forget();
        show();
        return isNew || stored === undefined;
      }
      if (stored.isInForce === true) return false;
      const deadline = deadlineIn(boot.now(), stored.seconds);
      await state.change((current) => ({
        state: withInForce(
          { ...current, confirming: { ...stored, deadline, isInForce: true } },
          revision,
        ),
        result: undefined,
      }));
      show();
      follow();
      return true;
    },
    shown: (revision) => {
      const shown = view.read();
      return shown !== undefined && sameRevision(shown.revision, revision) ? shown : undefined;
    },
    ended: async (revision) => {
      passFailure = undefined;
      const stored = storedFor(revision);
      if (stored?.deadline === undefined || stored.isInForce === true) return;
      await change(revision, ({ deadline: _deadline, ...rest }) => rest);
    },
    failed: async (revision, reason) => {
      const stored = storedFor(revision);
      if (stored === undefined) return;
      passFailure = reason;
      due = undefined;
      if (stored.deadline !== undefined) return;
      try {
        const open = await records.journal.open();
        const isBegun = open !== undefined && open.waiting === undefined;
        if (!isBegun || !sameRevision(open.revision, revision)) return;
        await setDeadline(revision);
        follow();
      } catch (error) {
        report.logger.warn('cannot keep when a change goes back', { reason: reasonOf(error) });
      }
    },
    confirmed: (revision) => {
      report.logger.info(`${revisionName(revision)} is confirmed`, { by: 'person' });
      deps.companions.moved({ revision, at: 'confirmed' });
      forget();
      show();
    },
    stop: () => {
      isWatching = false;
      callOff();
    },
  };
}

const maxWhy = 4096;

function isNear(one: string, other: string): boolean {
  return Math.abs(Date.parse(one) - Date.parse(other)) < 1500;
}
