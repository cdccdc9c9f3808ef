/**
 * Decides about a change that is in force and not confirmed. Pure: the caller hands in the
 * observations and the time, in ms of a monotonic clock.
 */
import { healthText, type Health } from './health.ts';

export interface ConfirmTerms {
  /** person: only a person confirms it. */
  readonly mode: 'health' | 'person';
  /** The whole time of the change, for texts. */
  readonly seconds: number;
  readonly untilMs: number;
  /** False: there is no revision to roll back to. */
  readonly canRollBack: boolean;
  /** Other nodes still write the same revision. */
  readonly othersAtWork: boolean;
  /** Other nodes have to be healthy first, as long as there is time. */
  readonly awaitsOthers: boolean;
  /** Why the change has failed for good on another node; absent: it has not. */
  readonly rolledBack?: string | undefined;
}

/** Since when the node has been healthy or not, without a break; absent: it is not. */
export interface ConfirmWatch {
  readonly healthySinceMs?: number;
  /** Since when its sessions could be read as well. */
  readonly readSinceMs?: number;
  readonly unhealthySinceMs?: number;
  readonly brokenSinceMs?: number;
}

export type ConfirmDecision =
  | { readonly decision: 'wait'; readonly watch: ConfirmWatch }
  | { readonly decision: 'confirm'; readonly by: 'health' | 'nothing-seen' }
  | { readonly decision: 'roll-back'; readonly why: string }
  /** The change should be rolled back, but there is no revision to roll back to. */
  | { readonly decision: 'stay'; readonly why: string; readonly watch: ConfirmWatch };

/** How long a node must be healthy, so that a session that flaps does not count. */
export const stableMs = 5000;
/** Generous, because the other side may make its half of the change a moment later. */
const brokenMs = 15_000;

export function decideConfirm(
  terms: ConfirmTerms,
  before: ConfirmWatch,
  health: Health,
  nowMs: number,
): ConfirmDecision {
  const watch = watchAfter(before, health, nowMs);
  const isTimeLeft = terms.othersAtWork || nowMs < terms.untilMs;
  const isHeldUp = terms.rolledBack !== undefined || (terms.awaitsOthers && isTimeLeft);
  const isLongEnough = (sinceMs: number | undefined): boolean =>
    hasLasted(sinceMs, nowMs, shorter(stableMs, terms));
  const by = provenBy(watch, health, isTimeLeft, isLongEnough);
  if (terms.mode === 'health' && by !== undefined && !isHeldUp) return { decision: 'confirm', by };
  const why = whyBack(terms, watch, health, nowMs);
  if (why === undefined) return { decision: 'wait', watch };
  return terms.canRollBack ? { decision: 'roll-back', why } : { decision: 'stay', why, watch };
}

type ProvenBy = Extract<ConfirmDecision, { readonly decision: 'confirm' }>['by'];

/**
 * The reason to confirm the change; undefined: there is none yet. A BIRD that does not answer may
 * do so later, so a node that is otherwise healthy waits for it as long as there is time.
 */
function provenBy(
  { healthySinceMs, readSinceMs }: ConfirmWatch,
  { sessions }: Health,
  isTimeLeft: boolean,
  hasLastedLong: (sinceMs: number | undefined) => boolean,
): ProvenBy | undefined {
  if (hasLastedLong(readSinceMs)) return 'health';
  const mayAnswer = sessions === 'read' || (sessions === 'unread' && isTimeLeft);
  return hasLastedLong(healthySinceMs) && !mayAnswer ? 'nothing-seen' : undefined;
}

/**
 * The node's own judgement of the change, for the other nodes. It does not report sessions that
 * restart for some seconds, nor a healthy node that is about to confirm. A BIRD that does not answer
 * proves nothing.
 */
export function judgeProof(
  terms: Pick<ConfirmTerms, 'seconds'>,
  { healthySinceMs, readSinceMs, unhealthySinceMs }: ConfirmWatch,
  { sessions }: Pick<Health, 'sessions'>,
  nowMs: number,
): 'unproven' | 'proven' | 'unhealthy' {
  const ms = shorter(stableMs, terms);
  if (hasLasted(unhealthySinceMs, nowMs, ms)) return 'unhealthy';
  const sinceMs = sessions === 'none' ? healthySinceMs : readSinceMs;
  return hasLasted(sinceMs, nowMs, 2 * ms) ? 'proven' : 'unproven';
}

/** The reason to roll back; undefined: there is none, or it may pass. */
function whyBack(
  terms: ConfirmTerms,
  { brokenSinceMs }: ConfirmWatch,
  health: Health,
  nowMs: number,
): string | undefined {
  if (terms.rolledBack !== undefined) return terms.rolledBack;
  if (terms.othersAtWork) return undefined;
  const isBroken = hasLasted(brokenSinceMs, nowMs, shorter(brokenMs, terms));
  return isBroken ? healthText(health) : lateText(terms, health, nowMs);
}

/** The watch after one more observation. */
export function watchAfter(
  before: ConfirmWatch,
  { state, sessions }: Health,
  nowMs: number,
): ConfirmWatch {
  if (state === 'healthy') {
    return {
      healthySinceMs: before.healthySinceMs ?? nowMs,
      ...(sessions === 'read' && { readSinceMs: before.readSinceMs ?? nowMs }),
    };
  }
  const unhealthySinceMs = before.unhealthySinceMs ?? nowMs;
  if (state === 'unhealthy') return { unhealthySinceMs };
  return { unhealthySinceMs, brokenSinceMs: before.brokenSinceMs ?? nowMs };
}

function hasLasted(sinceMs: number | undefined, nowMs: number, leastMs: number): boolean {
  return sinceMs !== undefined && nowMs - sinceMs >= leastMs;
}

/** A change with little time is judged faster. */
function shorter(ms: number, { seconds }: Pick<ConfirmTerms, 'seconds'>): number {
  return Math.min(ms, (seconds * 1000) / 2);
}

/** The reason to roll back at the deadline; undefined: there is time left. */
function lateText(
  { mode, seconds, untilMs }: ConfirmTerms,
  health: Health,
  nowMs: number,
): string | undefined {
  if (nowMs < untilMs) return undefined;
  const time = `within ${String(seconds)} s`;
  if (health.state !== 'healthy') return `it did not become healthy ${time}: ${healthText(health)}`;
  // In the mode health, the next seconds show whether the node stays healthy.
  return mode === 'person' ? `nobody confirmed it ${time}` : undefined;
}
