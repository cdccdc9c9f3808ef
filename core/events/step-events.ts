/** The events of a change's steps, and of its waits before them. */
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import { about, isSame } from './about-revision.ts';
import type { Happening } from './event.ts';

/**
 * The running step. A step at whose gates the change waits has not begun, and a change that waits
 * for its confirmation has none left.
 */
function runningStep({
  state,
  progress,
  confirming,
  revisions,
}: AgentStatus): AgentStatus['progress'] {
  const isWritten = confirming !== undefined && isSame(confirming.revision, revisions.inForce);
  return state === 'awaiting-gate' || isWritten ? undefined : progress;
}

export function stepEvents(before: AgentStatus, after: AgentStatus): readonly Happening[] {
  const [last, next] = [runningStep(before), runningStep(after)];
  if (last?.step === next?.step && last?.title === next?.title) return [];
  const isCutOff = !isSame(before.revisions.accepted, after.revisions.accepted);
  const done = last !== undefined && after.state !== 'failed' && !isCutOff;
  return [
    ...(done ? [stepEvent('step-done', last, after)] : []),
    ...(next === undefined ? [] : [stepEvent('step-begun', next, after)]),
  ];
}

function stepEvent(
  kind: 'step-begun' | 'step-done',
  step: NonNullable<AgentStatus['progress']>,
  { revisions: { accepted } }: AgentStatus,
): Happening {
  const how = kind === 'step-begun' ? 'begins' : 'is done';
  const text = `step ${step.step} of ${step.steps} ${how}: ${step.title}`;
  return { kind, level: 'info', text, step: withoutGates(step), ...about(accepted) };
}

/** The step at whose gates the change waits. */
function waitingStep({ state, progress }: AgentStatus): AgentStatus['progress'] {
  return state === 'awaiting-gate' ? progress : undefined;
}

export function gateOpenEvents(before: AgentStatus, after: AgentStatus): readonly Happening[] {
  const was = waitingStep(before);
  if (was === undefined || runningStep(after) === undefined) return [];
  const text = `the gate before step ${was.step} of ${was.steps} is open: ${was.title}`;
  return [
    {
      kind: 'gate-open',
      level: 'info',
      text,
      step: withoutGates(was),
      ...about(after.revisions.accepted),
    },
  ];
}

export function gateWaitEvents(before: AgentStatus, after: AgentStatus): readonly Happening[] {
  const step = waitingStep(after);
  if (step === undefined || waitsAt(waitingStep(before)) === waitsAt(step)) return [];
  const { accepted } = after.revisions;
  const text = gateText(after, step);
  return [
    { kind: 'gate-waiting', level: 'info', text, step: withoutGates(step), ...about(accepted) },
  ];
}

type Progress = NonNullable<AgentStatus['progress']>;

/** The conditions for which the change waits, without the reasons, which change all the time. */
function waitsAt(step: AgentStatus['progress']): string | undefined {
  if (step === undefined) return undefined;
  const conditions = (step.gates ?? []).map(({ condition }) => condition);
  return [step.step, ...conditions].join('\n');
}

function gateText({ message }: AgentStatus, { step, steps, title, gates = [] }: Progress): string {
  if (gates.length === 0) return message;
  const waits = gates.map(({ condition, why, until }) => `${condition} (${why}; until ${until})`);
  return `step ${step} of ${steps}, ${title}, waits until ${waits.join('; ')}`;
}

function withoutGates({ step, steps, title }: Progress): NonNullable<Happening['step']> {
  return { step, steps, title };
}

export function waitEvents(before: AgentStatus, after: AgentStatus): readonly Happening[] {
  if (after.state === before.state) return [];
  const { accepted } = after.revisions;
  const base = { text: after.message, ...about(accepted) };
  if (after.state === 'awaiting-writer')
    return [{ kind: 'awaiting-writer', level: 'info', ...base }];
  if (after.state !== 'waiting' || accepted === undefined) return [];
  return [{ kind: 'waiting', level: 'warning', ...base }];
}
