/**
 * Decides when guard routes are removed. Pure: the caller hands in the time and its observations.
 */

export interface GuardObserved {
  readonly nowMs: number;
  /** Seconds to the deadline. */
  readonly left: number;
  /** No change is under way, and the configuration in force is confirmed. */
  readonly isSettled: boolean;
  /** Destinations that have no other route. */
  readonly carrying: number;
  /** BIRD has routes again that still go by AS numbers of before the change. */
  readonly hasOddRoutes: boolean;
}

/** Since when each of these has been true without a break; absent: it is not true. */
export interface GuardWatch {
  readonly settledSinceMs?: number;
  readonly idleSinceMs?: number;
}

export type GuardDecision =
  | { readonly decision: 'stand'; readonly watch: GuardWatch }
  /** unneeded: BIRD's routes are back. late: they are not, although the change has ended. */
  | { readonly decision: 'end'; readonly why: 'unneeded' | 'late' | 'deadline' };

/** calico-node hands a change to BIRD some seconds later, and BIRD waits before it connects. */
const idleMs = 15_000;
/** After this time a destination without a route has none because of the configuration. */
const settledMs = 60_000;

export function decideEnd(before: GuardWatch, observed: GuardObserved): GuardDecision {
  const { nowMs, left, isSettled, carrying, hasOddRoutes } = observed;
  if (left <= 0) return { decision: 'end', why: 'deadline' };
  if (!isSettled) return { decision: 'stand', watch: {} };
  const settledSinceMs = before.settledSinceMs ?? nowMs;
  const idleSinceMs = carrying === 0 && !hasOddRoutes ? (before.idleSinceMs ?? nowMs) : undefined;
  if (idleSinceMs !== undefined && nowMs - idleSinceMs >= idleMs) {
    return { decision: 'end', why: 'unneeded' };
  }
  if (nowMs - settledSinceMs >= settledMs) return { decision: 'end', why: 'late' };
  return {
    decision: 'stand',
    watch: { settledSinceMs, ...(idleSinceMs !== undefined && { idleSinceMs }) },
  };
}
