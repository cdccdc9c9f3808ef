/**
 * Stops a change before a step with closed gates. The journal keeps the place, and the next pass
 * goes on.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AnyChange, Step } from '../../../core/plan/plan.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { JournalEntry } from '../../../schemas/generated/journal.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Journal } from '../../ports/storage/journal.ts';
import { gateText } from '../../../core/plan/gate.ts';
import type { ClosedGate, GateQuestion, Gates } from './gates.ts';

/** The progress of a change. */
export interface Progress {
  /** 1-based, of the whole change, also where only the rest of it is left. */
  readonly step: number;
  readonly steps: number;
  readonly title: string;
}

/** @param index of the step in what is left, from 0 on */
export function progressOf(
  { plan, remaining = plan }: Pick<JournalEntry, 'plan' | 'remaining'>,
  index: number,
  title: string,
): Progress {
  const steps = Math.max(plan.steps.length, remaining.steps.length);
  return { step: steps - remaining.steps.length + index + 1, steps, title };
}

/** A closed gate, for the status. */
export type Wait = NonNullable<NonNullable<AgentStatus['progress']>['gates']>[number];

export interface GateStop extends Pick<
  GateQuestion,
  'isOwnOnly' | 'isRollingBack' | 'isFollowing'
> {
  readonly gates: Gates;
  readonly journal: Pick<Journal, 'write'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Called at an open gate with the faults for which the change does not wait. */
  readonly passedOver: (what: string) => void;
}

/** The change waits before a step; nothing of this step is written. */
export interface AtGate {
  readonly result: 'awaiting-gate';
  /** The step that waits. */
  readonly progress: Progress;
  readonly waits: readonly Wait[];
  /** For people: the condition, and why it is not true yet. */
  readonly why: string;
  readonly readAgainMs: number;
}

/**
 * @param entry the change's journal entry with its wait so far; written when a gate is closed
 * @returns undefined: the step may begin
 * @throws AppError apply-failed when a gate stayed closed for too long, or will not open
 */
export async function stopAtGates(
  { gates, journal, clock, passedOver, isOwnOnly, isRollingBack, isFollowing }: GateStop,
  step: Step<AnyChange>,
  { waiting, ...entry }: JournalEntry,
  progress: Progress,
): Promise<AtGate | undefined> {
  if (step.gates.length === 0) return undefined;
  const { revision } = entry;
  const reading = await gates.read(step.gates, waiting, {
    revision,
    isOwnOnly,
    isRollingBack,
    isFollowing,
  });
  if (reading.state === 'open') {
    if (reading.passedOver !== undefined) passedOver(reading.passedOver);
    return undefined;
  }
  const { why } = reading;
  if (reading.state === 'timed-out' || reading.state === 'broken') {
    // Clears the wait, so that a later attempt waits anew.
    await journal.write(entry);
    throw new AppError('apply-failed', `cannot go on with step "${step.title}": ${why}`);
  }
  const { waitedMs, readAgainMs } = reading;
  const gatesNow = step.gates.map((gate) => ({ ...gate }));
  await journal.write({
    ...entry,
    waiting: { step: progress.step, gates: gatesNow, waitedMs },
  });
  const waits = reading.closed.map((closed) => waitOf(closed, waitedMs, clock.now()));
  return { result: 'awaiting-gate', progress, waits, why, readAgainMs };
}

function waitOf({ gate, why }: ClosedGate, waitedMs: number, now: string): Wait {
  const since = Date.parse(now) - waitedMs;
  return {
    condition: gateText(gate),
    why,
    since: new Date(since).toISOString(),
    until: new Date(since + gate.withinSeconds * 1000).toISOString(),
  };
}

/** Whether the open change waits for the gates of this step. */
export function waitsFor(
  open: JournalEntry | undefined,
  { gates }: Step<AnyChange>,
): open is JournalEntry & { readonly waiting: NonNullable<JournalEntry['waiting']> } {
  return open?.waiting !== undefined && isDeepStrictEqual(open.waiting.gates, gates);
}
