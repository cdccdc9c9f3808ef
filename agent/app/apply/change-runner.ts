/** The journal around every change: on disk before the first write, and after each step. */
import { redactPlan } from '../../../core/plan/redact-plan.ts';
import type { AnyChange, AnyPlan, Step } from '../../../core/plan/plan.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { JournalEntry, JournalPlan } from '../../../schemas/generated/journal.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Fence } from '../../ports/writer-lease.ts';
import type { Journal } from '../../ports/journal.ts';
import { applyStep, type Targets } from './targets.ts';

export interface ChangeRunner extends Targets {
  readonly journal: Journal;
  readonly clock: Clock;
  /** Where changes of cluster scope are among them. */
  readonly fence?: Fence;
  /** Called before each step. True: stop here; what is left is finished at the next start. */
  readonly beforeStep: (progress: Progress) => boolean;
  /** What the plan went by may have changed since. @throws AppError datastore-conflict */
  readonly recheck?: (step: Step<AnyChange>) => Promise<void>;
}

export interface Progress {
  /** 1-based. */
  readonly step: number;
  readonly steps: number;
  readonly title: string;
}

/** Returns the entry, still open; undefined where it was told to stop. */
export async function runChange(
  runner: ChangeRunner,
  revision: RevisionRef,
  plan: AnyPlan,
  open: JournalEntry | undefined,
): Promise<JournalEntry | undefined> {
  const { journal, clock, fence, beforeStep } = runner;
  const entry: JournalEntry =
    open === undefined
      ? {
          formatVersion: 1,
          id: await journal.nextId(),
          revision,
          startedAt: clock.now(),
          attempts: 1,
          plan: journalPlan(plan),
          stepsDone: 0,
        }
      : { ...open, attempts: open.attempts + 1, remaining: journalPlan(plan), stepsDone: 0 };
  await journal.write(entry);
  let stepsDone = 0;
  for (const step of plan.steps) {
    const progress = { step: stepsDone + 1, steps: plan.steps.length, title: step.title };
    if (beforeStep(progress)) return undefined;
    await runner.recheck?.(step);
    await applyStep(runner, step, revision, fence);
    stepsDone += 1;
    await journal.progress(entry, stepsDone);
  }
  return { ...entry, stepsDone };
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
