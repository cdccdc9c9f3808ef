/**
 * Follows a change from before its first write until it is confirmed or rolled back. What has to survive
 * the process is in the agent's state; the datastore is read once more, by the pass that confirms.
 */
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

/** What a pass tells and asks. */
export interface ConfirmingPass {
  /** Before each pass: rolls back where the machine was started again, or the writer rolled back. */
  resume(): Promise<void>;
  /** Before anything of the revision is written: keeps how the node is. @throws AppError */
  begin(revision: RevisionRef): Promise<void>;
  /** All of it is written and read back. Returns whether it was not in force before. @throws AppError */
  enter(revision: RevisionRef): Promise<boolean>;
  /** What the status shows of the revision; undefined: nothing waits for its confirmation. */
  shown(revision: RevisionRef): Confirming | undefined;
  /** The pass came to an end without a failure, also where the revision is not in force. */
  ended(revision: RevisionRef): Promise<void>;
  /** The pass failed, and is tried again. Never throws. */
  failed(revision: RevisionRef, reason: string): Promise<void>;
  /** A person confirmed the revision. */
  confirmed(revision: RevisionRef): void;
  /** A person rolled the revision back. */
  forget(): void;
}

export interface RunningConfirming extends ConfirmingPass {
  stop(): void;
}

export interface ConfirmingDeps extends Omit<WatchDeps, 'stored' | 'showing'> {
  readonly view: ConfirmView;
  readonly boot: BootClock;
  /** How long a change has; 0: it is confirmed at once. */
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
  const { accepted, previous, confirmed } = records.state.current();
  const rolledBackByWriter = parts.rolledBackByWriter();
  if (rolledBackByWriter !== undefined && accepted !== undefined) {
    const target = isSame(confirmed, accepted) ? previous : confirmed;
    await rollBack(parts, { revision: accepted, why: rolledBackByWriter, target });
    return watch.forget();
  }
  const now = stored.current();
  if (now?.deadline === undefined) return;
  if (!isOfThisBoot(now.deadline, boot.now())) {
    const why = 'the machine was started again before it was confirmed';
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
  // A change on top of one that is not confirmed is compared with what was before both.
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

/** What was asked for with the configuration, else what the settings say of its source. */
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

/** Of a node that cannot observe itself, and has written for others that can. */
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
  report.logger.info(`${revisionName(revision)} is confirmed`, { ...by });
  listeners.moved({ revision, at: 'confirmed' });
  watch.forget();
}

/** From now on its time runs. */
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

/** A node that its own change cut off from the datastore rolls back as well. */
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
