/** The events of an agent, for a person who asks later what happened. */
import type { LoggedEvent } from '../../schemas/generated/logged-event.ts';

/** Every kind of event. docs/monitoring.md explains each; a test compares the two. */
export const eventKinds = [
  'started',
  'stopped',
  'change-asked',
  'accepted',
  'step-begun',
  'step-done',
  'gate-waiting',
  'gate-open',
  'awaiting-writer',
  'waiting',
  'applied',
  'confirming',
  'unhealthy',
  'confirmed',
  'rejected',
  'rolling-back',
  'rolled-back',
  'degraded',
  'recovered',
  'sessions',
  'session-up',
  'session-down',
  'session-gone',
  'session-unexpected',
  'drift',
  'drift-ended',
  'hold',
  'hold-ended',
  'controller-connected',
  'controller-lost',
  'storage-problem',
  'storage-mended',
] as const;

export type EventKind = (typeof eventKinds)[number];

/** An event that has no number and no time yet. */
export type Happening = Omit<LoggedEvent, 'id' | 'at' | 'kind'> & { readonly kind: EventKind };

/** The limit in the schema. */
const maxText = 1024;

export function shortText(text: string): string {
  return text.length > maxText ? `${text.slice(0, maxText - 1)}…` : text;
}
