/** A node as the API shows it. */
import type { Issue } from '../../../core/issue.ts';
import { sameRef } from '../../../core/protocol/messages.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { NodeRecord, Replacement } from './node-record.ts';
import { recentReplacement } from './rivals.ts';
import { revisionText } from '../../../core/revision/revision-text.ts';

export type PushState =
  /** Not connected: it gets the configuration when it comes back. */
  | 'away'
  | 'waiting'
  | 'sent'
  | 'received'
  | 'applied'
  | 'confirmed'
  | 'failed'
  /** The agent took it, and then another source's configuration. */
  | 'replaced';

export interface PushView {
  readonly state: PushState;
  readonly code?: string;
  readonly message?: string;
  readonly retrying?: true;
  readonly issues?: readonly Issue[];
}

export interface NodeView {
  readonly name: string;
  readonly connected: boolean;
  readonly since?: string;
  readonly remote?: string;
  readonly lastSeenAt: string;
  readonly agentVersion: string;
  readonly units: readonly string[];
  readonly asNumber?: number;
  readonly routeReflectorClusterId?: string;
  readonly peers?: number;
  readonly state?: AgentStatus['state'];
  readonly message?: string;
  /** Somebody stopped the agent's writing, or that of the whole cluster. */
  readonly hold?: NonNullable<AgentStatus['hold']>;
  readonly accepted?: RevisionRef;
  readonly inForce?: RevisionRef;
  readonly confirmed?: RevisionRef;
  /** Of the revision that the fleet shall have; absent where there is none. */
  readonly push?: PushView;
  readonly replaced?: Replacement;
}

export function viewNode(
  record: NodeRecord,
  target: RevisionRef | undefined,
  now: string,
): NodeView {
  const { connection, status } = record;
  const replaced = recentReplacement(record.replaced, now);
  const revisions = status?.revisions;
  return {
    name: record.name,
    connected: connection !== undefined,
    ...connection,
    lastSeenAt: record.lastSeenAt,
    agentVersion: record.agentVersion,
    units: record.facts.units,
    ...resolvedOf(record),
    ...(status === undefined ? {} : { state: status.state, message: status.message }),
    ...(status?.hold === undefined ? {} : { hold: status.hold }),
    ...(revisions?.accepted === undefined ? {} : { accepted: revisions.accepted }),
    ...(revisions?.inForce === undefined ? {} : { inForce: revisions.inForce }),
    ...(revisions?.confirmed === undefined ? {} : { confirmed: revisions.confirmed }),
    ...(target === undefined ? {} : { push: viewPush(record, target) }),
    ...(replaced === undefined ? {} : { replaced }),
  };
}

export function viewPush(
  { progress, connection, takenOver }: Pick<NodeRecord, 'progress' | 'connection' | 'takenOver'>,
  target: RevisionRef,
): PushView {
  const outcome =
    progress !== undefined && sameRef(progress.ref, target) ? progress.outcome : undefined;
  if (outcome?.kind === 'stage' && takenOver !== undefined) {
    const message = `revision ${revisionText(takenOver)} took its place`;
    return { state: 'replaced', code: 'replaced', message };
  }
  if (outcome?.kind === 'stage' && outcome.stage === 'confirmed') return { state: 'confirmed' };
  if (outcome?.kind === 'nack') {
    const { code, message, issues, retrying } = outcome;
    return {
      state: 'failed',
      code,
      message,
      issues,
      ...(retrying === undefined ? {} : { retrying }),
    };
  }
  if (connection === undefined) return { state: 'away' };
  if (outcome === undefined) return { state: 'waiting' };
  return { state: outcome.kind === 'stage' ? outcome.stage : 'sent' };
}

/** Nothing more is to be expected: one that goes on trying may still confirm it. */
export function isSettled({ state, retrying }: PushView): boolean {
  return state === 'confirmed' || state === 'replaced' || (state === 'failed' && !retrying);
}

type Resolved = Pick<NodeView, 'asNumber' | 'routeReflectorClusterId' | 'peers'>;

function resolvedOf({ status, peers = 0 }: NodeRecord): Resolved {
  if (status?.resolved === undefined) return {};
  const { asNumber, routeReflectorClusterId } = status.resolved;
  return {
    ...(asNumber === undefined ? {} : { asNumber }),
    ...(routeReflectorClusterId === undefined ? {} : { routeReflectorClusterId }),
    peers,
  };
}
