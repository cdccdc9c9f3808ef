/** The events between two statuses of an agent. */
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import { adapterText } from '../degraded/adapters.ts';
import { about } from './about-revision.ts';
import { shortText, type Happening } from './event.ts';
import { confirmEvents, revisionEvents } from './revision-events.ts';
import { gateOpenEvents, gateWaitEvents, stepEvents, waitEvents } from './step-events.ts';

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

/** The events of failures with retries. The time of the next attempt gives no event. */
function failureEvents(before: AgentStatus, after: AgentStatus): Happenings {
  const [was, is] = [failureOf(before), failureOf(after)];
  const { accepted } = after.revisions;
  if (is !== undefined && is !== was) {
    return [{ kind: 'degraded', level: 'error', text: after.message, ...about(accepted) }];
  }
  if (was === undefined || is !== undefined || after.state === 'applying') return [];
  const text = `the agent works again: ${after.message}`;
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
  const text = 'the drift has ended: all fields are as the configuration sets them';
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
        text: `"${file}" is in order again`,
      })),
  ];
}
