/** A node in the form of the API. */
import type { Issue } from '../../../core/issue.ts';
import type { UnknownValue } from '../../../core/input/newer-data.ts';
import { sameRef } from '../../../core/protocol/messages.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import { identityOfNode } from './kept-identity.ts';
import type { KeptIdentity, NodeProgress, NodeRecord, Replacement } from './node-record.ts';
import { viewChange, type ChangeView } from './change-view.ts';
import { lastReport } from './stored-answer.ts';
import { statePointer } from './read-status.ts';
import { recentReplacement } from './rivals.ts';
import { revisionText } from '../../../core/revision/revision-text.ts';

export type PushState =
  /** A rollout brings it there later; until then the node keeps what it has. */
  | 'later'
  /** Not connected: it gets the configuration when it connects. */
  | 'away'
  | 'waiting'
  | 'sent'
  | 'received'
  | 'applied'
  | 'confirmed'
  | 'failed'
  /** The agent accepted it, could not apply or confirm it, and rolls it back. */
  | 'rolling-back'
  /** As rolling-back, but the rollback has ended. */
  | 'rolled-back'
  /** The agent took it, and then another source's configuration. */
  | 'replaced';

export interface PushView {
  readonly state: PushState;
  readonly code?: string;
  readonly message?: string;
  readonly retrying?: true;
  readonly issues?: readonly Issue[];
  /**
   * With rolled-back, the revision now in force; absent: there was none to roll back to, or it is
   * not known.
   */
  readonly backTo?: RevisionRef;
}

export interface NodeView extends ChangeView {
  readonly name: string;
  readonly connected: boolean;
  readonly since?: string;
  readonly remote?: string;
  /** How the agent presented itself on its last connection; absent: not known. */
  readonly identity?: KeptIdentity['by'];
  /** RFC 3339, of the newest certificate that is known; absent: the agent presented the shared token. */
  readonly certificateUntil?: string;
  readonly lastSeenAt: string;
  /** It was revoked, and cannot connect with the certificate or token that it had. */
  readonly revoked?: true;
  readonly agentVersion: string;
  readonly units: readonly string[];
  readonly asNumber?: number;
  readonly routeReflectorClusterId?: string;
  readonly peers?: number;
  readonly state?: AgentStatus['state'];
  readonly message?: string;
  /** Values of a newer agent's status that this controller does not know; the state may be one. */
  readonly unknown?: readonly UnknownValue[];
  /** The hold of the agent, or of the whole cluster. */
  readonly hold?: NonNullable<AgentStatus['hold']>;
  /** Degraded adapters of the agent; not known for a node that is away. */
  readonly degraded?: NonNullable<AgentStatus['degraded']>;
  readonly accepted?: RevisionRef;
  readonly inForce?: RevisionRef;
  readonly confirmed?: RevisionRef;
  /** The progress of the fleet's revision; absent: there is none. */
  readonly push?: PushView;
  readonly replaced?: Replacement;
}

/** A revision, with a person's decision about it. */
type Target = RevisionRef & Pick<Revision, 'decided'>;

/** The revision about which the views are, and whether it is the node's turn. */
export interface ViewedTarget {
  readonly revision: Target;
  readonly isLater: boolean;
}

export function viewNode(
  record: NodeRecord,
  target: ViewedTarget | undefined,
  now: string,
): NodeView {
  const { connection, status } = record;
  const replaced = recentReplacement(record.replaced, now);
  return {
    name: record.name,
    connected: connection !== undefined,
    ...connection,
    ...viewIdentity(record),
    lastSeenAt: record.lastSeenAt,
    agentVersion: record.agentVersion,
    units: record.facts.units,
    ...lastReport(record),
    ...stateOf(record),
    ...(status?.hold === undefined ? {} : { hold: status.hold }),
    ...(status?.degraded === undefined || connection === undefined
      ? {}
      : { degraded: status.degraded }),
    // Not known for a node that is away.
    ...(status !== undefined && connection !== undefined && viewChange(status, now)),
    ...(target === undefined ? {} : { push: viewTurn(record, target) }),
    ...(replaced === undefined ? {} : { replaced }),
  };
}

function viewIdentity(record: NodeRecord): Pick<NodeView, 'identity' | 'certificateUntil'> {
  const { by, certificateUntil } = identityOfNode(record) ?? {};
  return {
    ...(by !== undefined && { identity: by }),
    ...(certificateUntil !== undefined && { certificateUntil }),
  };
}

function stateOf({
  status,
  unknown = [],
}: NodeRecord): Pick<NodeView, 'state' | 'message' | 'unknown'> {
  if (status === undefined) return {};
  const { state, message } = status;
  const isKnown = unknown.every(({ pointer }) => pointer !== statePointer);
  return { ...(isKnown && { state }), message, ...(unknown.length > 0 && { unknown }) };
}

/** As viewPush; a node whose turn comes later shows that. */
export function viewTurn(record: Pushed, { revision, isLater }: ViewedTarget): PushView {
  return isLater ? { state: 'later' } : viewPush(record, revision);
}

type Pushed = Pick<NodeRecord, 'progress' | 'connection' | 'takenOver' | 'status' | 'last'>;

export function viewPush(record: Pushed, target: Target): PushView {
  const { progress, connection, takenOver } = record;
  const outcome =
    progress !== undefined && sameRef(progress.ref, target) ? progress.outcome : undefined;
  if (outcome?.kind === 'stage' && takenOver !== undefined) {
    if (isTakenBack(takenOver, target)) return viewTakenBack(record, target, takenOver);
    const message = `revision ${revisionText(takenOver)} replaced it`;
    return { state: 'replaced', code: 'replaced', message };
  }
  if (outcome?.kind === 'stage' && outcome.stage === 'confirmed')
    return viewConfirmed(record, target);
  if (outcome?.kind === 'nack') return viewFailure(record, outcome, target);
  if (connection === undefined) return { state: 'away' };
  // It is given nothing that a person rolled back, and so does not answer once more.
  if (keeps(record, target) && hasConfirmed(record, target)) return viewConfirmed(record, target);
  if (outcome === undefined) {
    // Its answer does not count any more, or it never got the revision.
    const { accepted } = lastReport(record);
    const isBack = accepted !== undefined && isTakenBack(accepted, target);
    return isBack ? viewTakenBack(record, target, accepted) : { state: 'waiting' };
  }
  return { state: outcome.kind === 'stage' ? outcome.stage : 'sent' };
}

/**
 * Whether a node went back to this revision, as a person told it, and no other source took it over. An agent that
 * had confirmed says so by its status only: nothing may be answered after that.
 */
export function isTakenBack(accepted: RevisionRef, { decided, lineage, number }: Target): boolean {
  return decided === 'rolled-back' && accepted.lineage === lineage && accepted.number < number;
}

function viewTakenBack(record: Pushed, target: Target, backTo: RevisionRef): PushView {
  const why = { code: rolledBack, message: 'a person at the controller rolled it back' };
  if (isGoingBack(record, target)) return { state: 'rolling-back', ...why };
  return { state: 'rolled-back', ...why, backTo };
}

/** A node that a person told to roll back has nothing else, or has not begun. */
function viewConfirmed(record: Pushed, target: Target): PushView {
  return keeps(record, target)
    ? { state: 'failed', code: keptCode, message: keptText }
    : { state: 'confirmed' };
}

/** Whether a person rolled the revision back, and it is in force there. */
function keeps({ status, connection }: Pushed, target: Target): boolean {
  if (target.decided !== 'rolled-back' || connection === undefined) return false;
  const { accepted, inForce } = status?.revisions ?? {};
  return (
    status?.state === 'in-force' &&
    [accepted, inForce].every((ref) => ref !== undefined && sameRef(ref, target))
  );
}

function hasConfirmed({ status }: Pushed, target: RevisionRef): boolean {
  const { confirmed } = status?.revisions ?? {};
  return confirmed !== undefined && sameRef(confirmed, target);
}

/** The code of the controller where a person rolled the revision back, and the node still has it. */
export const keptCode = 'not-rolled-back';
const keptText =
  'it did not roll the revision back: it has confirmed nothing before, or its agent is too old; push another configuration';

type Failure = Extract<NodeProgress['outcome'], { readonly kind: 'nack' }>;

function viewFailure(
  record: Pushed,
  { code, message, issues, retrying, wasTaken }: Failure,
  target: Target,
): PushView {
  const failure = { code, message: withDecision(message, code, target), issues };
  if (retrying !== undefined) return { state: 'failed', ...failure, retrying };
  // A revision that another one replaced is not rolled back: the other one is applied on top of it.
  if (wasTaken === undefined || code === 'superseded') return { state: 'failed', ...failure };
  if (isGoingBack(record, target)) return { state: 'rolling-back', ...failure };
  const { accepted } = lastReport(record);
  const hasBefore = accepted !== undefined && !sameRef(accepted, target);
  if (!hasBefore) return { state: code === rolledBack ? 'rolled-back' : 'failed', ...failure };
  return { state: 'rolled-back', ...failure, backTo: accepted };
}

/** The code of an agent for a rollback by health, deadline or person. */
const rolledBack = 'rolled-back';
/** The code of the controller where the agent rolled it back before it connected. */
const rejectedBefore = 'rejected-before';

/** Why the node does not have a revision that a person has confirmed, and what to do. */
function withDecision(message: string, code: string, { decided }: Target): string {
  if (decided !== 'confirmed' || ![rolledBack, rejectedBefore].includes(code)) return message;
  return `${message}; a person confirmed it at the controller, which did not reach this agent before: push --retry brings it there`;
}

/**
 * Whether the rollback still runs. The status follows the failure after a moment: as long as it
 * names the target, it is an old one.
 */
function isGoingBack({ status, connection }: Pushed, target: RevisionRef): boolean {
  if (status === undefined || connection === undefined) return false;
  const { accepted, inForce } = status.revisions;
  if (accepted === undefined) return false;
  if (sameRef(accepted, target)) return true;
  return busy.has(status.state) && (inForce === undefined || !sameRef(inForce, accepted));
}

const busy: ReadonlySet<AgentStatus['state']> = new Set([
  'applying',
  'recovering',
  'rolling-back',
  'awaiting-gate',
  'awaiting-writer',
]);

/** Whether the revision is in force there, and only a person confirms it. */
export function awaitsPerson({ status, connection }: Pushed, target: RevisionRef): boolean {
  const confirming = status?.confirming;
  const isIt = confirming?.mode === 'person' && sameRef(confirming.revision, target);
  return isIt && connection !== undefined;
}

/** Whether the state is final; an agent that goes on trying may still confirm the revision. */
export function isSettled({ state, retrying }: PushView): boolean {
  return endStates.has(state) && retrying === undefined;
}

const endStates: ReadonlySet<PushState> = new Set([
  'confirmed',
  'replaced',
  'failed',
  'rolled-back',
]);
