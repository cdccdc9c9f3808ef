export interface BackoffLimits {
  readonly baseMs: number;
  readonly capMs: number;
}

export interface Delay {
  /** 0 for the first try after a failure. */
  readonly attempt: number;
  readonly limits: BackoffLimits;
  /** At least 0, less than 1. */
  readonly random: number;
  /** What the other side asked for: a minimum. */
  readonly retryAfterMs?: number;
}

/**
 * Full jitter, applied after the cap: were it applied before, everybody who has reached the cap
 * would come back at the same moment. In ms.
 */
export function backoff(attempt: number, limits: BackoffLimits, random: number): number {
  // 2^1024 is Infinity, which the cap bounds.
  return random * Math.min(limits.capMs, limits.baseMs * 2 ** attempt);
}

/** A Retry-After is obeyed, and spread: otherwise all clients that got the same second would meet in it. */
export function nextDelay({ attempt, limits, random, retryAfterMs = 0 }: Delay): number {
  return retryAfterMs + backoff(attempt, limits, random);
}
