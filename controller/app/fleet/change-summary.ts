/**
 * Summarises the connected nodes' progress with a change; it is as short for thousands of nodes as
 * for six.
 */
import { refOf } from '../../../core/protocol/messages.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { revisionText } from '../../../core/revision/revision-text.ts';
import { viewChange } from '../nodes/change-view.ts';
import type { NodeRecord } from '../nodes/node-record.ts';

/** Nodes that wait for the same condition. */
export interface WaitingNodes {
  readonly condition: string;
  /** Why the condition is not true yet, from the first of these nodes. */
  readonly why: string;
  readonly nodes: number;
  /** By name. */
  readonly first: readonly string[];
  /** The shortest of their times until they roll back. */
  readonly leftSeconds?: number;
}

/** Nodes on which the same adapter fails. */
export interface DegradedNodes {
  readonly adapter: string;
  /** The reason from the first of these nodes. */
  readonly why: string;
  readonly nodes: number;
  /** By name. */
  readonly first: readonly string[];
}

export interface ConfirmingNodes {
  readonly nodes: number;
  /** Number of nodes that wait for a person. */
  readonly byPerson: number;
  /** Number of nodes that are not healthy now, and the reason from the first one. */
  readonly unhealthy: number;
  readonly why?: string;
  readonly leftSeconds?: number;
}

export interface InForce {
  readonly revision: RevisionRef;
  readonly nodes: number;
}

export interface ChangeSummary {
  /** The gates at which most nodes wait. Absent: none waits. */
  readonly waiting?: readonly WaitingNodes[];
  /** Nodes that have the revision in force and not confirmed. Absent: none. */
  readonly confirming?: ConfirmingNodes;
  /** Adapters of connected agents that fail again and again, those of most nodes first. Absent: none. */
  readonly degraded?: readonly DegradedNodes[];
  /** The revisions in force on the connected nodes, that of most nodes first; absent: none. */
  readonly inForce?: readonly InForce[];
}

/** The most entries of each list, and the most names of each entry. */
const most = 10;

/** @param now RFC 3339 */
export function summarizeChange(records: readonly NodeRecord[], now: string): ChangeSummary {
  const connected = records
    .filter(({ connection }) => connection !== undefined)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const waiting = waitingNodes(connected, now);
  const confirming = confirmingNodes(connected, now);
  const degraded = degradedNodes(connected);
  const inForce = countInForce(connected);
  return {
    ...(waiting.length > 0 && { waiting }),
    ...(confirming !== undefined && { confirming }),
    ...(degraded.length > 0 && { degraded }),
    ...(inForce.length > 0 && { inForce }),
  };
}

function waitingNodes(records: readonly NodeRecord[], now: string): readonly WaitingNodes[] {
  const byCondition = new Map<string, WaitingNodes>();
  for (const { name, status } of records) {
    const { gates = [] } = status === undefined ? {} : viewChange(status, now);
    for (const { condition, why, leftSeconds } of gates) {
      const { nodes, first, ...before } = byCondition.get(condition) ?? {
        condition,
        why,
        nodes: 0,
        first: [],
      };
      byCondition.set(condition, {
        ...before,
        ...least(before.leftSeconds, leftSeconds),
        nodes: nodes + 1,
        first: first.length < most ? [...first, name] : first,
      });
    }
  }
  return mostFirst([...byCondition.values()]);
}

function degradedNodes(records: readonly NodeRecord[]): readonly DegradedNodes[] {
  const byAdapter = new Map<string, DegradedNodes>();
  for (const { name, status } of records) {
    for (const { adapter, reason } of status?.degraded ?? []) {
      const before = byAdapter.get(adapter);
      if (before === undefined && byAdapter.size >= most) continue;
      const { nodes, first, why } = before ?? { nodes: 0, first: [], why: reason };
      byAdapter.set(adapter, {
        adapter,
        why,
        nodes: nodes + 1,
        first: first.length < most ? [...first, name] : first,
      });
    }
  }
  return mostFirst([...byAdapter.values()]);
}

function confirmingNodes(records: readonly NodeRecord[], now: string): ConfirmingNodes | undefined {
  let summary: ConfirmingNodes | undefined;
  for (const { status } of records) {
    const { confirming } = status === undefined ? {} : viewChange(status, now);
    if (confirming === undefined) continue;
    const { nodes, byPerson, unhealthy, why, leftSeconds } = summary ?? {
      nodes: 0,
      byPerson: 0,
      unhealthy: 0,
    };
    const reason = why ?? confirming.unhealthy;
    summary = {
      nodes: nodes + 1,
      byPerson: byPerson + (confirming.mode === 'person' ? 1 : 0),
      unhealthy: unhealthy + (confirming.unhealthy === undefined ? 0 : 1),
      ...(reason !== undefined && { why: reason }),
      ...least(leftSeconds, confirming.leftSeconds),
    };
  }
  return summary;
}

function countInForce(records: readonly NodeRecord[]): readonly InForce[] {
  const byRevision = new Map<string, InForce>();
  for (const { status } of records) {
    const inForce = status?.revisions.inForce;
    if (inForce === undefined) continue;
    const key = `${revisionText(inForce)} ${inForce.digest}`;
    const nodes = (byRevision.get(key)?.nodes ?? 0) + 1;
    byRevision.set(key, { revision: refOf(inForce), nodes });
  }
  return mostFirst([...byRevision.values()]);
}

function mostFirst<T extends { readonly nodes: number }>(groups: readonly T[]): readonly T[] {
  return groups.toSorted((one, other) => other.nodes - one.nodes).slice(0, most);
}

function least(
  one: number | undefined,
  other: number | undefined,
): { readonly leftSeconds?: number } {
  const known = [one, other].filter((seconds) => seconds !== undefined);
  return known.length === 0 ? {} : { leftSeconds: Math.min(...known) };
}
