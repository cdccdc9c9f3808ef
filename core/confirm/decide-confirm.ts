/**
 * What becomes of a change that is in force and not confirmed. Pure: the caller brings what was
 * observed and the time, in ms of a clock that never goes back.
 */
import { healthText, type Health } from './health.ts';

export interface ConfirmTerms {
  /** person: only a person confirms it. */
  readonly mode: 'health' | 'person';
  /** The whole time that it has, for texts. */
  readonly seconds: number;
  readonly untilMs: number;
  /** False: there is no revision to roll back to. */
  readonly canRollBack: boolean;
  /** Other nodes are still at work on the same revision. */
  readonly othersAtWork: boolean;
}

/** Since when the node has been so without a break; absent: it is not. */
export interface ConfirmWatch {
  readonly healthySinceMs?: number;
  readonly brokenSinceMs?: number;
}

export type ConfirmDecision =
  | { readonly decision: 'wait'; readonly watch: ConfirmWatch }
  | { readonly decision: 'confirm'; readonly by: 'health' | 'nothing-seen' }
  | { readonly decision: 'roll-back'; readonly why: string }
  /** It would be rolled back, and there is no revision to roll back to. */
  | { readonly decision: 'stay'; readonly why: string; readonly watch: ConfirmWatch };

/** How long a node must be healthy, so that a session that flaps does not count. */
export const stableMs = 5000;
/** The other side may take its half of the same change a moment later. */
const brokenMs = 15_000;

export function decideConfirm(
  terms: ConfirmTerms,
  before: ConfirmWatch,
  health: Health,
  nowMs: number,
): ConfirmDecision {
  const watch = watchAfter(before, health, nowMs);
  const isStable = hasLasted(watch.healthySinceMs, nowMs, shorter(stableMs, terms));
  if (terms.mode === 'health' && isStable) {
    return { decision: 'confirm', by: health.seesSessions ? 'health' : 'nothing-seen' };
  }
  if (terms.othersAtWork) return { decision: 'wait', watch };
  const isBroken = hasLasted(watch.brokenSinceMs, nowMs, shorter(brokenMs, terms));
  const why = isBroken ? healthText(health) : lateText(terms, health, nowMs);
  if (why === undefined) return { decision: 'wait', watch };
  return terms.canRollBack ? { decision: 'roll-back', why } : { decision: 'stay', why, watch };
}

function watchAfter(before: ConfirmWatch, { state }: Health, nowMs: number): ConfirmWatch {
  if (state === 'healthy') return { healthySinceMs: before.healthySinceMs ?? nowMs };
  return state === 'broken' ? { brokenSinceMs: before.brokenSinceMs ?? nowMs } : {};
}

function hasLasted(sinceMs: number | undefined, nowMs: number, leastMs: number): boolean {
  return sinceMs !== undefined && nowMs - sinceMs >= leastMs;
}

/** A change that has little time is judged faster. */
function shorter(ms: number, { seconds }: ConfirmTerms): number {
  return Math.min(ms, (seconds * 1000) / 2);
}

/** undefined: there is time left. */
function lateText(
  { mode, seconds, untilMs }: ConfirmTerms,
  health: Health,
  nowMs: number,
): string | undefined {
  if (nowMs < untilMs) return undefined;
  const time = `within ${String(seconds)} s`;
  if (health.state !== 'healthy') return `it did not become healthy ${time}: ${healthText(health)}`;
  // In the mode health the next seconds tell whether it stays so.
  return mode === 'person' ? `nobody confirmed it ${time}` : undefined;
}
