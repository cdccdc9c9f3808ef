/**
 * Checks that the other side is still there. It is the same on both sides of the channel. All times
 * in ms.
 */
import type {
  ChannelMessage,
  PingMessage,
  PongMessage,
} from '../../schemas/generated/channel-message.ts';

export interface LivenessLimits {
  /** Send a ping after this long without a message. */
  readonly pingAfterMs: number;
  /** End the connection after this long without a message. */
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

/** The action at this moment: none, send a ping, or end the connection. */
export function pulse(
  { heardAt, awaitingPong }: Liveness,
  now: number,
  limits: LivenessLimits,
): 'quiet' | 'ask' | 'silent' {
  const forMs = now - heardAt;
  if (forMs >= limits.silenceMs) return 'silent';
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
