import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import { briefIssues } from './brief.ts';

/**
 * The status as it is sent. The controller knows itself whether it is connected, and all agents
 * would send the same about the fleet.
 */
export type ReportedStatus = Readonly<Omit<AgentStatus, 'controller' | 'fleet'>>;

/**
 * The part that a controller shows: peers are only counted, and the agent's own socket has the
 * rest.
 */
export function reportedStatus(status: AgentStatus): ReportedStatus {
  const { controller: _controller, fleet: _fleet, resolved, ...reported } = status;
  return {
    ...reported,
    issues: briefIssues(reported.issues),
    ...(resolved !== undefined && { resolved: { ...resolved, peers: [] } }),
  };
}

/** The changed top-level fields; null for a removed one; undefined: no field changed. */
export function statusChanges(
  before: ReportedStatus | undefined,
  after: ReportedStatus,
): Record<string, unknown> | undefined {
  if (before === undefined) return { ...after };
  const old = new Map<string, unknown>(Object.entries(before));
  const changed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(after)) {
    if (!sameJson(old.get(name), value)) changed[name] = value;
    old.delete(name);
  }
  for (const name of old.keys()) changed[name] = null;
  return Object.keys(changed).length === 0 ? undefined : changed;
}

export function sameJson(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** The controller's copy after a change. The caller has to check it by the schema. */
export function applyStatusChanges(
  before: Readonly<Record<string, unknown>>,
  changed: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = { ...before, ...changed };
  // Without the lists, which take longer than the rest: a first status removes nothing.
  if (!Object.values(changed).includes(null)) return merged;
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}
