/**
 * Which revisions leave the cluster-wide resources to a later one. Kept in the state, because a node
 * that restarts must go on with it, and because a later revision that fails goes back past them: for
 * all nodes, and not for the share of this node alone.
 */
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentState } from './agent-state.ts';

const most = 10;

/** Whether the revision leaves the cluster-wide resources as they are. */
export function leavesCluster(
  { clusterLater = [] }: Pick<AgentState, 'clusterLater'>,
  revision: RevisionRef,
): boolean {
  return clusterLater.some((one) => sameRevision(one, revision));
}

/** The state that accepts a revision with this share, before the revision is in it. */
export function withShareOf(
  state: AgentState,
  revision: RevisionRef,
  { clusterShare }: Pick<Revision, 'clusterShare'>,
): AgentState {
  const { clusterLater: _later, ...rest } = clusterShare === undefined ? backToWhole(state) : state;
  const inUse = [state.accepted, state.inForce, state.confirmed, state.previous];
  const kept = (state.clusterLater ?? []).filter(
    (one) =>
      !sameRevision(one, revision) &&
      inUse.some((ref) => ref !== undefined && sameRevision(ref, one)),
  );
  const later = clusterShare === undefined ? kept : [...kept, refOf(revision)];
  return later.length === 0 ? rest : { ...rest, clusterLater: later.slice(-most) };
}

/**
 * A revision with the cluster-wide resources goes back to the last confirmed one that had them, too:
 * the one of a rollout that is confirmed now would leave what this one writes for all nodes.
 */
function backToWhole(state: AgentState): AgentState {
  const { confirmed, lastWhole, ...rest } = state;
  if (confirmed === undefined || !leavesCluster(state, confirmed)) return state;
  const { confirmedBy: _by, healthyNodes: _healthy, ...unconfirmed } = rest;
  return { ...unconfirmed, ...(lastWhole !== undefined && { confirmed: lastWhole }) };
}

/** Notes the last confirmed whole revision, where the one that is confirmed now is none. */
export function withLastWhole(state: AgentState, revision: RevisionRef): AgentState {
  const { lastWhole, confirmed, ...rest } = state;
  const before = confirmed === undefined ? {} : { confirmed };
  if (!leavesCluster(state, revision)) return { ...rest, ...before };
  const isWhole = confirmed !== undefined && !leavesCluster(state, confirmed);
  const whole = isWhole ? confirmed : lastWhole;
  return { ...rest, ...before, ...(whole !== undefined && { lastWhole: whole }) };
}

function refOf({ lineage, number, digest }: RevisionRef): RevisionRef {
  return { lineage, number, digest };
}
