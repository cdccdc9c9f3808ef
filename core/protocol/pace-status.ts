/**
 * Decides when an agent sends its status to the controller: at once, or rarely where only BGP
 * sessions or failing adapters differ. A BIRD that is broken on all nodes gives another reason every
 * few seconds on each of them, and thousands of nodes would send all of that.
 */
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import { reportedStatus } from './status-changes.ts';

export interface SentStatus {
  readonly status: AgentStatus;
  /** When sessions or adapters were last sent, in ms of a monotonic clock. */
  readonly observedMs: number;
  /** How often in a row they alone were a reason to send. */
  readonly repeats: number;
}

/** The pause before the same kind of change is sent once more; it doubles each time. */
const pauseMs = 15_000;
const mostPauseMs = 120_000;

/** The status of an agent that has just connected. */
export function firstSent(status: AgentStatus, nowMs: number): SentStatus {
  return { status, observedMs: nowMs - 2 * mostPauseMs, repeats: 0 };
}

/**
 * @param random at least 0, less than 1: spreads the agents of a fleet
 * @returns in how many ms to send it, 0: now; undefined: nothing has changed
 */
export function sendInMs(
  last: SentStatus,
  next: AgentStatus,
  nowMs: number,
  random: number,
): number | undefined {
  if (urgentOf(last.status) !== urgentOf(next)) return 0;
  if (observedOf(last.status) === observedOf(next)) return undefined;
  const pause = Math.min(pauseMs * 2 ** last.repeats, mostPauseMs) * (1 + random / 2);
  return Math.max(0, last.observedMs + pause - nowMs);
}

export function statusSent(last: SentStatus, status: AgentStatus, nowMs: number): SentStatus {
  if (observedOf(last.status) === observedOf(status)) return { ...last, status };
  const isQuiet = nowMs - last.observedMs >= 2 * mostPauseMs;
  return { status, observedMs: nowMs, repeats: isQuiet ? 0 : last.repeats + 1 };
}

function urgentOf(status: AgentStatus): string {
  const { sessions: _sessions, degraded: _degraded, ...rest } = reportedStatus(status);
  return JSON.stringify(rest);
}

function observedOf({ sessions, degraded }: AgentStatus): string {
  return JSON.stringify([sessions, degraded]);
}
