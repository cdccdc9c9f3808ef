/**
 * Follows a change from before its first write until it is confirmed or rolled back. The agent's
 * state keeps the part that must survive the process. The pass that confirms reads the datastore
 * once more.
 */
import { revisionText } from '../../../core/revision/revision-text.ts';
import { deadlineIn, isOfThisBoot } from '../../../core/confirm/deadline.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { BootClock } from '../../ports/boot-clock.ts';
import type { AgentState } from '../state/agent-state.ts';
import { revisionName } from '../state/revision-name.ts';
import { withConfirmed, withInForce, type ConfirmedBy } from '../state/state-changes.ts';
import { createShowConfirming, type Confirming, type ConfirmView } from './confirm-view.ts';
import { rollBack } from './roll-back.ts';
import { createStoredConfirming, type Stored } from './stored-confirming.ts';
import { ChangeWatch, type WatchDeps } from './watch-change.ts';

/** The calls of a pass about the change that it applies. */
export interface ConfirmingPass {
  /**
   * Called before each pass: rolls back where the machine was restarted, or the writer rolled back.
   */
  resume(): Promise<void>;
  /** Called before the first write of the revision: keeps the node's baseline. @throws AppError */
  begin(revision: RevisionRef): Promise<void>;
  /**
   * Called when everything is written and read back. Returns whether the revision is newly in
   * force. @throws AppError
   */
  enter(revision: RevisionRef): Promise<boolean>;
  /** The status's part about the revision; undefined: it does not wait for a confirmation. */
  shown(revision: RevisionRef): Confirming | undefined;
  /** Called when the pass ended without a failure, also where the revision is not in force. */
  ended(revision: RevisionRef): Promise<void>;
  /** Called when the pass failed and the loop will try again. Never throws. */
  failed(revision: RevisionRef, reason: string): Promise<void>;
  /** Called when a person confirmed the revision. */
  confirmed(revision: RevisionRef): void;
  /** Called when a person rolled the revision back. */
  forget(): void;
}

export interface RunningConfirming extends ConfirmingPass {
  stop(): void;
}

export interface ConfirmingDeps extends Omit<WatchDeps, 'stored' | 'showing'> {
  readonly view: ConfirmView;
  readonly boot: BootClock;
  /** The time within which a change has to be confirmed; 0: the agent confirms it at once. */
  readonly seconds: (source: AgentState['takenBy']) => number;
  /** Why the agent that writes for all nodes rolled the accepted revision back; undefined: it did not. */
  readonly rolledBackByWriter: () => string | undefined;
  /** This agent wrote the revision for all nodes, and learns how the others take it. */
  readonly writesForOthers: (revision: RevisionRef) => boolean;
  readonly refreshStatus: () => void;
}

export function createConfirming(deps: ConfirmingDeps): RunningConfirming {
  const { view, clock, refreshStatus } = deps;
  const stored = createStoredConfirming(deps.records.state, deps.boot);
  const showing = createShowConfirming({ view, stored, clock, refreshStatus });
  const watch = new ChangeWatch({ ...deps, stored, showing });
  const parts: Parts = { ...deps, stored, showing, watch };
  return {
    resume: () => resume(parts),
    begin: (revision) => begin(parts, revision),
    enter: (revision) => enter(parts, revision),
    shown: showing.of,
    ended: async (revision) => {
      watch.passFailure = undefined;
      const now = stored.of(revision);
      if (now?.deadline === undefined || now.isInForce === true) return;
      await stored.change(revision, ({ deadline: _deadline, ...rest }) => rest);
    },
    failed: (revision, reason) => failed(parts, revision, reason),
    confirmed: (revision) => tellConfirmed(parts, revision, { by: 'person' }),
    forget: () => watch.forget(),
    stop: () => watch.stop(),
  };
}

interface Parts extends ConfirmingDeps, WatchDeps {
  readonly watch: ChangeWatch;
}

async function resume(parts: Parts): Promise<void> {
  const { records, boot, stored, showing, watch } = parts;
  const { accepted, previous, confirmed, lastWhole = previous } = records.state.current();
  const rolledBackByWriter = parts.rolledBackByWriter();
  if (rolledBackByWriter !== undefined && accepted !== undefined) {
    const target = isSame(confirmed, accepted) ? lastWhole : confirmed;
    await rollBack(parts, { revision: accepted, why: rolledBackByWriter, target });
    return watch.forget();
  }
  const now = stored.current();
  if (now?.deadline === undefined) return;
  if (!isOfThisBoot(now.deadline, boot.now())) {
    const why = 'the machine was restarted before it was confirmed';
    if (now.previous !== undefined) return watch.back(now, why);
    await stored.setDeadline(now.revision);
  }
  showing.show();
  watch.follow();
}

async function begin(parts: Parts, revision: RevisionRef): Promise<void> {
  const { records, stored, watch } = parts;
  const { confirmed, confirming, beforeRollback } = records.state.current();
  if (isSame(confirmed, revision) || stored.of(revision) !== undefined) return;
  const { mode, seconds } = termsOf(parts, revision);
  // If the previous change is not confirmed, the node is compared with its baseline before both.
  const earlier = confirming ?? beforeRollback;
  const baseline = earlier?.baseline ?? (await parts.observer.baseline());
  if (baseline === undefined && mode === 'health') return;
  const next: Stored = {
    revision,
    ...(confirmed !== undefined && { previous: confirmed }),
    mode,
    seconds,
    baseline: baseline ?? { controller: false },
  };
  await records.state.change(({ beforeRollback: _earlier, ...current }) => ({
    state: { ...current, confirming: next },
    result: undefined,
  }));
  watch.forget();
}

/** The terms that the offer asked for, else those of the settings for its source. */
function termsOf(
  { records, seconds }: Parts,
  revision: RevisionRef,
): Pick<Stored, 'mode' | 'seconds'> {
  const { confirmWithin, takenBy } = records.state.current();
  return confirmWithin !== undefined && sameRevision(confirmWithin.revision, revision)
    ? { mode: 'person', seconds: confirmWithin.seconds }
    : { mode: 'health', seconds: seconds(takenBy) };
}

async function enter(parts: Parts, revision: RevisionRef): Promise<boolean> {
  const { records, stored, watch } = parts;
  watch.passFailure = undefined;
  const { inForce, confirmed, beforeRollback } = records.state.current();
  const isNew = !isSame(inForce, revision);
  const isConfirmed = isSame(confirmed, revision);
  if (isConfirmed && !isNew && beforeRollback === undefined) return false;
  const now = stored.of(revision);
  if (isConfirmed) {
    await records.state.change((current) => ({
      state: withInForce(current, revision),
      result: undefined,
    }));
    return isNew;
  }
  if (now === undefined || now.seconds === 0) {
    const { seconds } = termsOf(parts, revision);
    if (seconds > 0 && parts.writesForOthers(revision)) {
      await startTime(parts, unobserved(confirmed, revision, seconds));
    } else {
      await confirm(parts, revision, { by: 'nothing-seen' });
    }
    return true;
  }
  if (now.isInForce !== true) {
    await startTime(parts, now);
    return true;
  }
  if (watch.due !== undefined) await confirm(parts, revision, watch.due);
  return false;
}

/** The wait of a node that cannot observe itself, and wrote for others that can. */
function unobserved(
  confirmed: RevisionRef | undefined,
  revision: RevisionRef,
  seconds: number,
): Stored {
  const previous = confirmed !== undefined && { previous: confirmed };
  return { revision, ...previous, mode: 'health', seconds, baseline: { controller: false } };
}

async function confirm(parts: Parts, revision: RevisionRef, by: ConfirmedBy): Promise<void> {
  await parts.records.state.change((current) => ({
    state: withConfirmed(current, revision, by),
    result: undefined,
  }));
  tellConfirmed(parts, revision, by);
}

function tellConfirmed(
  { report, listeners, watch }: Parts,
  revision: RevisionRef,
  by: ConfirmedBy,
): void {
  report.logger.info(`${revisionName(revision)} is confirmed`, {
    revision: revisionText(revision),
    ...by,
  });
  listeners.moved({ revision, at: 'confirmed' });
  watch.forget();
}

/** Starts the time until the deadline. */
async function startTime({ records, boot, showing, watch }: Parts, now: Stored): Promise<void> {
  const { revision, seconds } = now;
  const deadline = deadlineIn(boot.now(), seconds);
  await records.state.change((current) => ({
    state: withInForce({ ...current, confirming: { ...now, deadline, isInForce: true } }, revision),
    result: undefined,
  }));
  showing.show();
  watch.follow();
}

/** A node that its own change cut off from the datastore has to roll back as well. */
async function failed(parts: Parts, revision: RevisionRef, reason: string): Promise<void> {
  const { records, stored, watch, report } = parts;
  const now = stored.of(revision);
  if (now === undefined || now.seconds === 0) return;
  watch.passFailure = reason;
  watch.due = undefined;
  if (now.deadline !== undefined) return;
  try {
    const open = await records.journal.open();
    const isBegun = open !== undefined && open.waiting === undefined;
    if (!isBegun || !sameRevision(open.revision, revision)) return;
    await stored.setDeadline(revision);
    watch.follow();
  } catch (error) {
    const why = reasonOf(error);
    report.logger.warn('cannot store the deadline of a change that is not confirmed', {
      reason: why,
    });
  }
}

function isSame(a: RevisionRef | undefined, b: RevisionRef): boolean {
  return a !== undefined && sameRevision(a, b);
}
