import type { AgentStatus } from '../../schemas/generated/agent-status.ts';

/** A status as it travels: the controller knows best itself whether it is connected. */
export type ReportedStatus = Readonly<Omit<AgentStatus, 'controller'>>;

/** More would not fit a message for certain; the agent's own socket has them all. */
const maxIssues = 50;

export function reportedStatus(status: AgentStatus): ReportedStatus {
  const { controller: _controller, ...reported } = status;
  return { ...reported, issues: reported.issues.slice(0, maxIssues) };
}

/** The top-level fields that differ; null for one that went away; undefined where none does. */
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

/** The other direction: what the controller holds, after a delta. To be checked by its schema. */
export function applyStatusChanges(
  before: Readonly<Record<string, unknown>>,
  changed: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = Object.entries({ ...before, ...changed });
  return Object.fromEntries(merged.filter(([, value]) => value !== null));
}
