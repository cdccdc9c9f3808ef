/** The progress of a change on a node, from its agent's status. */
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';

/** A gate at which the change waits before a step. */
export interface GateView {
  readonly step: number;
  readonly steps: number;
  readonly title: string;
  /** The condition, as "all nodes have guard routes". */
  readonly condition: string;
  /** Why the condition is not true yet, and on which nodes. */
  readonly why: string;
  /** The time at which the change is rolled back, RFC 3339, by the node's clock. */
  readonly until: string;
  /** The same as seconds from now; absent: the time cannot be read. */
  readonly leftSeconds?: number;
}

export interface ConfirmingView {
  readonly revision: RevisionRef;
  /** health: confirmed by itself. person: only by a person, here or at the node. */
  readonly mode: 'health' | 'person';
  /** The revision to which it rolls back; absent: there is none, and it stays. */
  readonly previous?: RevisionRef;
  readonly until?: string;
  readonly leftSeconds?: number;
  /** Why the node is not healthy. */
  readonly unhealthy?: string;
}

export interface ChangeView {
  readonly gates?: readonly GateView[];
  readonly confirming?: ConfirmingView;
  /** Absent: there are no BGP sessions, or they cannot be observed. */
  readonly sessions?: NonNullable<AgentStatus['sessions']>;
  /** Absent: there are no guard routes now, and the agent can make them. */
  readonly guard?: NonNullable<AgentStatus['guard']>;
}

/** @param now RFC 3339 */
export function viewChange(
  { progress, confirming, sessions, guard }: AgentStatus,
  now: string,
): ChangeView {
  const gates = progress?.gates?.map(({ condition, why, until }): GateView => {
    const { step, steps, title } = progress;
    return { step, steps, title, condition, why, until, ...leftUntil(until, now) };
  });
  return {
    ...(gates !== undefined && gates.length > 0 && { gates }),
    ...(confirming !== undefined && {
      confirming: { ...confirming, ...leftUntil(confirming.until, now) },
    }),
    ...(sessions !== undefined && { sessions }),
    ...(guard !== undefined && { guard }),
  };
}

function leftUntil(until: string | undefined, now: string): { readonly leftSeconds?: number } {
  const ms = until === undefined ? NaN : Date.parse(until) - Date.parse(now);
  return Number.isFinite(ms) ? { leftSeconds: Math.max(0, Math.ceil(ms / 1000)) } : {};
}
