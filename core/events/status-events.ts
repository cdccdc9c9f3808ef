/** The events between two statuses of an agent. */
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import { adapterText } from '../degraded/adapters.ts';
import { revisionText } from '../revision/revision-text.ts';
import { sameRevision } from '../revision/judge-offer.ts';
import type { RevisionRef } from '../revision/revision.ts';
import { shortText, type Happening } from './event.ts';

/** The events, in the order in which they happened. */
export function statusEvents(before: AgentStatus, after: AgentStatus): readonly Happening[] {
  return [
    ...holdEvents(before, after),
    ...gateOpenEvents(before, after),
    ...stepEvents(before, after),
    ...gateWaitEvents(before, after),
    ...waitEvents(before, after),
    ...revisionEvents(before, after),
    ...confirmEvents(before, after),
    ...failureEvents(before, after),
    ...degradedEvents(before, after),
    ...driftEvents(before, after),
    ...controllerEvents(before, after),
    ...storageEvents(before, after),
  ].map((happening) => ({ ...happening, text: shortText(happening.text) }));
}

type Happenings = readonly Happening[];

function holdEvents({ hold: before }: AgentStatus, { hold: after }: AgentStatus): Happenings {
  if (after !== undefined && before === undefined) {
    const scope = after.scope === 'cluster' ? 'all agents' : 'this agent';
    const text = `${after.by} put writing of ${scope} on hold: ${after.why}`;
    return [{ kind: 'hold', level: 'warning', text }];
  }
  if (before === undefined || after !== undefined) return [];
  return [{ kind: 'hold-ended', level: 'info', text: `the hold by ${before.by} has ended` }];
}

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

function stepEvents(before: AgentStatus, after: AgentStatus): Happenings {
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

function gateOpenEvents(before: AgentStatus, after: AgentStatus): Happenings {
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

function gateWaitEvents(before: AgentStatus, after: AgentStatus): Happenings {
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

function waitEvents(before: AgentStatus, after: AgentStatus): Happenings {
  if (after.state === before.state) return [];
  const { accepted } = after.revisions;
  const base = { text: after.message, ...about(accepted) };
  if (after.state === 'awaiting-writer')
    return [{ kind: 'awaiting-writer', level: 'info', ...base }];
  if (after.state !== 'waiting' || accepted === undefined) return [];
  return [{ kind: 'waiting', level: 'warning', ...base }];
}

function revisionEvents(before: AgentStatus, after: AgentStatus): Happenings {
  // Until the state is read, the previous revisions are not known.
  if (before.storage?.stateUnknown === true || after.storage?.stateUnknown === true) return [];
  const { accepted, inForce, confirmed } = after.revisions;
  const entered = !isSame(before.revisions.inForce, inForce);
  const isConfirmed = !isSame(before.revisions.confirmed, confirmed);
  const rolledBack = rejections(before, after).length > 0;
  return [
    ...(accepted !== undefined && !isSame(before.revisions.accepted, accepted) && !rolledBack
      ? [ofRevision('accepted', accepted, 'is accepted')]
      : []),
    ...rejections(before, after).map((one) => rejected(one, before)),
    ...(inForce !== undefined && entered ? [ofRevision('applied', inForce, 'is in force')] : []),
    ...(confirmed !== undefined && isConfirmed && !rolledBack
      ? [ofRevision('confirmed', confirmed, confirmedText(after))]
      : []),
  ];
}

const confirmedWords = {
  health: ', because the node is healthy',
  person: ' by a person',
  'nothing-seen': ' although no session could be observed',
  'other-nodes': ', because the other nodes are healthy; no session could be observed here',
} as const;

function confirmedText({ revisions: { confirmedBy } }: AgentStatus): string {
  return `is confirmed${confirmedBy === undefined ? '' : confirmedWords[confirmedBy]}`;
}

function ofRevision(
  kind: 'accepted' | 'applied' | 'confirmed',
  revision: RevisionRef,
  how: string,
): Happening {
  return {
    kind,
    level: 'info',
    text: `revision ${revisionText(revision)} ${how}`,
    ...about(revision),
  };
}

/** The events from the last write until the confirmation or rollback. */
function confirmEvents(before: AgentStatus, after: AgentStatus): Happenings {
  const [was, is] = [before.confirming, after.confirming];
  const goesBack = after.state === 'rolling-back' && before.state !== 'rolling-back';
  const isNew = is !== undefined && !isSame(was?.revision, is.revision);
  const isSick = is?.unhealthy !== undefined && was?.unhealthy === undefined;
  return [
    ...(goesBack ? [{ kind: 'rolling-back', level: 'error', text: after.message } as const] : []),
    ...(isNew ? [confirmEvent('confirming', is, deadlineText(is))] : []),
    ...(isSick ? [confirmEvent('unhealthy', is, `: ${is.unhealthy ?? ''}`)] : []),
  ];
}

type Confirming = NonNullable<AgentStatus['confirming']>;

function confirmEvent(
  kind: 'confirming' | 'unhealthy',
  { revision }: Confirming,
  how: string,
): Happening {
  const level = kind === 'confirming' ? 'info' : 'warning';
  return { kind, level, text: `revision ${revisionText(revision)}${how}`, ...about(revision) };
}

function deadlineText({ mode, until }: Confirming): string {
  const at = until === undefined ? '' : ` at ${until}`;
  return ` is rolled back${at} unless ${mode === 'person' ? 'a person confirms it' : 'the node is healthy'}`;
}

type Rejection = AgentStatus['revisions']['rejected'][number];

function rejections(before: AgentStatus, after: AgentStatus): readonly Rejection[] {
  if (before.revisions.rejected === after.revisions.rejected) return [];
  return after.revisions.rejected.filter(
    (one) => !before.revisions.rejected.some((other) => isSame(other, one)),
  );
}

/**
 * Whether the event is a rollback, of a revision that was in force, or a rejection of one that
 * never was.
 */
function rejected(one: Rejection, { revisions: { inForce } }: AgentStatus): Happening {
  const { lineage, number, digest, reason } = one;
  const revision = { lineage, number, digest };
  const name = `revision ${revisionText(one)}`;
  return isSame(inForce, one)
    ? {
        kind: 'rolled-back',
        level: 'error',
        text: `${name} is not in force any more: ${reason}`,
        revision,
      }
    : { kind: 'rejected', level: 'error', text: `${name} is rejected: ${reason}`, revision };
}

/** The events of failures with retries. The time of the next attempt gives no event. */
function failureEvents(before: AgentStatus, after: AgentStatus): Happenings {
  const [was, is] = [failureOf(before), failureOf(after)];
  const { accepted } = after.revisions;
  if (is !== undefined && is !== was) {
    return [{ kind: 'degraded', level: 'error', text: after.message, ...about(accepted) }];
  }
  if (was === undefined || is !== undefined || after.state === 'applying') return [];
  const text = `what failed works again: ${after.message}`;
  return [{ kind: 'recovered', level: 'info', text, ...about(accepted) }];
}

const attemptText = /; trying again in \d+ s$/;

function failureOf({ state, message }: AgentStatus): string | undefined {
  const isFailing = state === 'failed' || (state === 'recovering' && attemptText.test(message));
  return isFailing ? message.replace(attemptText, '') : undefined;
}

/** The events of degraded adapters that have no other event. */
function degradedEvents(before: AgentStatus, after: AgentStatus): Happenings {
  const [was, is] = [untold(before), untold(after)];
  const isIn = (list: typeof was, one: (typeof was)[number]): boolean =>
    list.some(({ adapter }) => adapter === one.adapter);
  return [
    ...is
      .filter((one) => !isIn(was, one))
      .map((one): Happening => ({
        kind: 'degraded',
        level: 'warning',
        text: `${adapterText(one.adapter)} fails again and again: ${one.reason}`,
      })),
    ...was
      .filter((one) => !isIn(is, one))
      .map(({ adapter }): Happening => ({
        kind: 'recovered',
        level: 'info',
        text: `${adapterText(adapter)} works again`,
      })),
  ];
}

function untold({ degraded = [] }: AgentStatus): NonNullable<AgentStatus['degraded']> {
  return degraded.filter(({ adapter }) => !toldOtherwise.has(adapter));
}

/**
 * Adapters with other events: a pass that cannot use them fails, or the controller's connection
 * reports it.
 */
const toldOtherwise: ReadonlySet<string> = new Set(['datastore', 'lxd', 'controller']);

function driftEvents(before: AgentStatus, after: AgentStatus): Happenings {
  const { accepted } = after.revisions;
  if (after.drift !== undefined && before.drift === undefined) {
    return [{ kind: 'drift', level: 'warning', text: after.message, ...about(accepted) }];
  }
  if (before.drift === undefined || after.drift !== undefined) return [];
  const text = 'what others had changed is as the configuration says again';
  return [{ kind: 'drift-ended', level: 'info', text, ...about(accepted) }];
}

function controllerEvents(
  { controller: before }: AgentStatus,
  { controller: after }: AgentStatus,
): Happenings {
  if (after === undefined || (before?.connected ?? false) === after.connected) return [];
  return after.connected
    ? [{ kind: 'controller-connected', level: 'info', text: `connected with ${after.url}` }]
    : [
        {
          kind: 'controller-lost',
          level: 'warning',
          text: `not connected with ${after.url}: ${after.message}`,
        },
      ];
}

function storageEvents(before: AgentStatus, after: AgentStatus): Happenings {
  const [was, is] = [before.storage?.problems ?? [], after.storage?.problems ?? []];
  const isIn = (list: typeof was, one: (typeof was)[number]): boolean =>
    list.some(({ message }) => message === one.message);
  return [
    ...is
      .filter((one) => !isIn(was, one))
      .map(({ message }): Happening => ({
        kind: 'storage-problem',
        level: 'error',
        text: message,
      })),
    ...was
      .filter((one) => !isIn(is, one))
      .map(({ file }): Happening => ({
        kind: 'storage-mended',
        level: 'info',
        text: `"${file}" is as it shall be again`,
      })),
  ];
}

function about(revision: RevisionRef | undefined): Pick<Happening, 'revision'> {
  if (revision === undefined) return {};
  const { lineage, number, digest } = revision;
  return { revision: { lineage, number, digest } };
}

function isSame(a: RevisionRef | undefined, b: RevisionRef | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameRevision(a, b);
}
