/** The fleet in the form of the API. */
import { refOf, sameRef } from '../../../core/protocol/messages.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import { withoutUndefined } from '../../../core/without-undefined.ts';
import { summarizeChange, type ChangeSummary } from './change-summary.ts';
import type { Fleet } from './fleet.ts';
import type { NodeRecord } from '../nodes/node-record.ts';
import {
  viewNode,
  viewPush,
  viewTurn,
  type NodeView,
  type PushState,
  type PushView,
  type ViewedTarget,
} from '../nodes/node-view.ts';

interface RevisionView extends RevisionRef {
  readonly by: string;
  readonly acceptedAt: string;
  /** Seconds after which each agent rolls it back unless a person confirms it. */
  readonly confirmSeconds?: number;
  /** A person's decision about it. */
  readonly decided?: NonNullable<Revision['decided']>;
}

export interface FleetSummary extends ChangeSummary {
  readonly revision?: RevisionView;
  /** A fault found on disk, with a hint; or who leads, where this controller stands by. */
  readonly problem?: string;
  /** Another controller leads: this one does nothing, and that is in order. */
  readonly standby?: true;
  readonly known: number;
  readonly connected: number;
  /** Connected agents that presented a certificate; absent: none did. */
  readonly withCertificate?: number;
  /** The progress of the revision: the number of nodes in each state. Empty without a revision. */
  readonly push: Readonly<Partial<Record<PushState, number>>>;
}

/**
 * @param now RFC 3339
 * @param keepingProblem why the nodes cannot be written to disk
 */
export function summarizeFleet(fleet: Fleet, now: string, keepingProblem?: string): FleetSummary {
  const revision = fleet.revision();
  const records = fleet.records();
  const connected = records.filter(({ connection }) => connection !== undefined).length;
  const withCertificate = records.filter(
    ({ connection }) => connection?.certificateUntil !== undefined,
  ).length;
  const problems = [fleet.problem(), keepingProblem].filter((one) => one !== undefined);
  const summary = {
    ...(problems.length > 0 && { problem: problems.join('; ') }),
    ...(fleet.role() === 'standby' && { standby: true as const }),
    known: records.length,
    connected,
    ...(withCertificate > 0 && { withCertificate }),
    push: {},
    ...summarizeChange(records, now),
  };
  if (revision === undefined) return summary;
  const push: Partial<Record<PushState, number>> = {};
  for (const record of records) {
    const { state } = viewTurn(record, turnOf(fleet, record, revision));
    push[state] = (push[state] ?? 0) + 1;
  }
  const { by, acceptedAt, confirmSeconds, decided } = revision;
  const terms = withoutUndefined({ confirmSeconds, decided });
  return { ...summary, revision: { ...refOf(revision), by, acceptedAt, ...terms }, push };
}

export interface NodePush extends PushView {
  readonly name: string;
}

/** By name. */
export function viewNodes(fleet: Fleet, now: string): readonly NodeView[] {
  return fleet
    .records()
    .map((record) => viewOf(fleet, record, now))
    .toSorted(byName);
}

/** Undefined: the fleet does not know such a node. */
export function viewNodeNamed(fleet: Fleet, name: string, now: string): NodeView | undefined {
  const record = fleet.records().find((one) => one.name === name);
  if (record === undefined) return undefined;
  return viewOf(fleet, record, now);
}

function viewOf(fleet: Fleet, record: NodeRecord, now: string): NodeView {
  const revision = fleet.revision();
  const target = revision && turnOf(fleet, record, revision);
  const view = viewNode({ ...record, lastSeenAt: fleet.lastSeenAt(record) }, target, now);
  return fleet.isCutOff(record) ? { ...view, revoked: true } : view;
}

function turnOf(fleet: Fleet, record: NodeRecord, revision: Revision): ViewedTarget {
  return { revision, isLater: fleet.assigned(record)?.isLater ?? false };
}

/** The progress of a revision on each node, sorted by name. */
export function viewPushes(
  fleet: Fleet,
  ref: RevisionRef,
  awaited: ReadonlySet<string>,
): readonly NodePush[] {
  const newest = fleet.revision();
  // The newest one may have been confirmed or rolled back by a person meanwhile.
  const target = newest !== undefined && sameRef(newest, ref) ? newest : ref;
  return fleet
    .records()
    .map((record) => viewNodePush(record, target, awaited))
    .toSorted(byName);
}

function viewNodePush(
  record: NodeRecord,
  target: ViewedTarget['revision'],
  awaited: ReadonlySet<string>,
): NodePush {
  const { name } = record;
  const view = viewPush(record, target);
  const left = view.state === 'away' && awaited.has(name);
  return { name, ...view, ...(left ? { message: 'it disconnected before it confirmed' } : {}) };
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1;
}
