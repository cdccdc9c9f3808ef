export interface BackoffLimits {
  readonly baseMs: number;
  readonly capMs: number;
}

export interface Delay {
  /** 0 for the first attempt after a failure. */
  readonly attempt: number;
  readonly limits: BackoffLimits;
  /** At least 0, less than 1. */
  readonly random: number;
  /** The least pause that the other side asked for. */
  readonly retryAfterMs?: number;
}

/**
 * The pause in ms, with full jitter. The jitter is applied after the cap, because otherwise all
 * clients at the cap would come back at the same moment.
 */
export function backoff(attempt: number, limits: BackoffLimits, random: number): number {
  // 2^1024 is Infinity, which the cap bounds.
  return random * Math.min(limits.capMs, limits.baseMs * 2 ** attempt);
}

/**
 * The next pause. Obeys Retry-After and adds jitter, because otherwise all clients with the same
 * value would come back together.
 */
export function nextDelay({ attempt, limits, random, retryAfterMs = 0 }: Delay): number {
  return retryAfterMs + backoff(attempt, limits, random);
}
