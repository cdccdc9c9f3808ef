/**
 * Checks that the other side is still there, and, at the controller, that it reads. All times in ms.
 */
import type {
  ChannelMessage,
  PingMessage,
  PongMessage,
} from '../../schemas/generated/channel-message.ts';

export interface LivenessLimits {
  /** Send a ping after this long without a message. */
  readonly pingAfterMs: number;
  /** End the connection after this long without a message, or, where that can be seen, without a part of one. */
  readonly silenceMs: number;
}

export interface Liveness {
  readonly heardAt: number;
  readonly lastPing: number;
  readonly awaitingPong: boolean;
}

export const defaultLiveness: LivenessLimits = { pingAfterMs: 20_000, silenceMs: 60_000 };

export function listening(now: number): Liveness {
  return { heardAt: now, lastPing: 0, awaitingPong: false };
}

/** A ping to send. */
export function asking(liveness: Liveness): {
  readonly liveness: Liveness;
  readonly ping: PingMessage;
} {
  const id = liveness.lastPing + 1;
  return {
    liveness: { heardAt: liveness.heardAt, lastPing: id, awaitingPong: true },
    ping: { type: 'ping', id },
  };
}

/**
 * The action at this moment: none, send a ping, or end the connection.
 * @param arrivedAt when a part of a message arrived last; on a slow link a large one takes minutes
 */
export function pulse(
  { heardAt, awaitingPong }: Liveness,
  now: number,
  limits: LivenessLimits,
  arrivedAt = heardAt,
): 'quiet' | 'ask' | 'silent' {
  const forMs = now - heardAt;
  if (Math.min(forMs, now - arrivedAt) >= limits.silenceMs) return 'silent';
  return forMs >= limits.pingAfterMs && !awaitingPong ? 'ask' : 'quiet';
}

export type Heard =
  /** A message for the caller. */
  | { readonly kind: 'message'; readonly liveness: Liveness }
  | { readonly kind: 'pong'; readonly liveness: Liveness }
  | { readonly kind: 'ping'; readonly liveness: Liveness; readonly answer: PongMessage }
  | { readonly kind: 'lie'; readonly reason: string };

export function heard(liveness: Liveness, message: ChannelMessage, now: number): Heard {
  const { lastPing, awaitingPong } = liveness;
  const alive = heardOf(liveness, now);
  if (message.type === 'ping') {
    return { kind: 'ping', liveness: alive, answer: { type: 'pong', id: message.id } };
  }
  if (message.type !== 'pong') return { kind: 'message', liveness: alive };
  return awaitingPong && message.id === lastPing
    ? { kind: 'pong', liveness: { heardAt: now, lastPing, awaitingPong: false } }
    : { kind: 'lie', reason: 'a pong without its ping' };
}

/** A message came. */
export function heardOf({ lastPing, awaitingPong }: Liveness, now: number): Liveness {
  return { heardAt: now, lastPing, awaitingPong };
}

export interface BacklogLimits {
  /** How long an agent may read nothing of what waits for it. */
  readonly slowMs: number;
  /** How long an agent that reads may take until little waits for it. */
  readonly drainMs: number;
}

/** Sent data that an agent has not read. */
export interface Backlog {
  readonly since: number;
  /** When the agent was last seen to read. */
  readonly readAt: number;
  /** The least that waited so far, in bytes. */
  readonly least: number;
}

export function backlogSince(now: number): Backlog {
  return { since: now, readAt: now, least: Infinity };
}

/**
 * Tells an agent that does not read from one with a slow link.
 * @param unsent bytes that wait in this process. The kernel takes more of them only when the other side has read,
 *   in steps of about a third of its buffer.
 * @returns fault: why the connection has to end; undefined: it may go on
 */
export function judgeBacklog(
  { since, readAt, least }: Backlog,
  { now, unsent }: { readonly now: number; readonly unsent: number },
  { slowMs, drainMs }: BacklogLimits,
): { readonly backlog: Backlog; readonly fault?: string } {
  // The first look says how much there is, and not that it became less.
  const hasRead = unsent < least && least !== Infinity;
  const backlog = { since, readAt: hasRead ? now : readAt, least: Math.min(unsent, least) };
  if (now - backlog.readAt >= slowMs) {
    return { backlog, fault: 'it does not read what is sent to it' };
  }
  return now - since >= drainMs
    ? { backlog, fault: 'it reads what is sent to it too slowly' }
    : { backlog };
}
