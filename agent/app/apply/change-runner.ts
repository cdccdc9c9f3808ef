/** Runs the steps of a change. The journal is on disk before the first write and after each step. */
import { redactPlan } from '../../../core/plan/redact-plan.ts';
import { touchesCluster } from '../../../core/plan/restrict-plan.ts';
import type { AnyChange, AnyPlan, Step } from '../../../core/plan/plan.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { JournalEntry, JournalPlan } from '../../../schemas/generated/journal.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Fence } from '../../ports/datastore/writer-lease.ts';
import type { Journal } from '../../ports/storage/journal.ts';
import {
  progressOf,
  stopAtGates,
  type AtGate,
  type GateStop,
  type Progress,
} from './stop-at-gates.ts';
import { applyStep, type Targets } from './targets.ts';

export interface ChangeRunner extends GateStop {
  readonly targets: Targets;
  readonly journal: Journal;
  readonly clock: Clock;
  /**
   * Puts the revision into the writer record; called right before the first step with changes of cluster scope. Absent:
   * the plan has no such step.
   */
  readonly begin?: () => Promise<Fence>;
  /** Asked before each step; the agent finishes the remaining steps after its next start. */
  readonly mustStop: () => boolean;
  readonly show: (progress: Progress, step: Step<AnyChange>) => void;
  /**
   * Checks whether the plan still fits what it was made from. @throws AppError datastore-conflict
   */
  readonly recheck?: (step: Step<AnyChange>) => Promise<void>;
}

export type ChangeEnd =
  /** All steps are done; the entry is still open. */
  | { readonly result: 'done'; readonly entry: JournalEntry }
  | { readonly result: 'stopped' }
  | AtGate;

export async function runChange(
  runner: ChangeRunner,
  revision: RevisionRef,
  plan: AnyPlan,
  open: JournalEntry | undefined,
): Promise<ChangeEnd> {
  const { journal } = runner;
  const { waiting, ...entry } = await beginEntry(runner, revision, plan, open);
  await journal.write(entry);
  let wait: Pick<JournalEntry, 'waiting'> = waiting === undefined ? {} : { waiting };
  let stepsDone = 0;
  let fence: Fence | undefined;
  for (const step of plan.steps) {
    if (runner.mustStop()) return { result: 'stopped' };
    const progress = progressOf(entry, stepsDone, step.title);
    const atGate = await stopAtGates(runner, step, { ...entry, stepsDone, ...wait }, progress);
    if (atGate !== undefined) return atGate;
    // Clears the wait, so that a later step with the same gates waits anew.
    wait = {};
    runner.show(progress, step);
    await runner.recheck?.(step);
    if (touchesCluster({ steps: [step] })) fence ??= await runner.begin?.();
    await applyStep(runner.targets, step, revision, fence);
    runner.gates.writtenSince();
    stepsDone += 1;
    await journal.progress(entry, stepsDone);
  }
  return { result: 'done', entry: { ...entry, stepsDone } };
}

/** The journal entry of a change that begins or continues. It is not on disk yet. */
export async function beginEntry(
  { journal, clock }: Pick<ChangeRunner, 'journal' | 'clock'>,
  revision: RevisionRef,
  plan: AnyPlan,
  open: JournalEntry | undefined,
): Promise<JournalEntry> {
  if (open !== undefined) {
    return { ...open, attempts: open.attempts + 1, remaining: journalPlan(plan), stepsDone: 0 };
  }
  return newEntry({ journal, clock }, revision, journalPlan(plan));
}

/** The journal entry of a change that begins now. */
export async function newEntry(
  { journal, clock }: Pick<ChangeRunner, 'journal' | 'clock'>,
  revision: RevisionRef,
  plan: JournalPlan,
): Promise<JournalEntry> {
  return {
    formatVersion: 1,
    id: await journal.nextId(),
    revision,
    startedAt: clock.now(),
    attempts: 1,
    plan,
    stepsDone: 0,
  };
}

function journalPlan(plan: AnyPlan): JournalPlan {
  return {
    formatVersion: 1,
    steps: redactPlan(plan).steps.map(({ title, why, changes }) => ({
      title,
      why,
      changes: changes.map((change) => ({ ...change })),
    })),
  };
}
