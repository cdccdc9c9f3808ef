/** The changes of the agent's state. */
import { placeOf } from '../../../core/platform/left-by-hand.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { Rejection, RevisionRef, SourceKind } from '../../../core/revision/revision.ts';
import type { AgentState } from './agent-state.ts';
import { withLastWhole } from './cluster-share.ts';

const maxLineages = 100;
const maxRejected = 100;

/**
 * A digest that is accepted anew is no longer rejected, because somebody asked for a retry. A
 * take-over forgets the numbers of other lineages, so that they can be used again where a wrong
 * sender has used them up.
 */
export function withAccepted(
  state: AgentState,
  revision: RevisionRef,
  source: SourceKind,
  takeOver = false,
): AgentState {
  const others = takeOver
    ? []
    : state.lineages.filter(({ lineage }) => lineage !== revision.lineage);
  const { lost: _found, confirmWithin: _within, unguarded: _unguarded, ...rest } = state;
  return {
    ...rest,
    takenBy: source,
    accepted: revision,
    writerPosition: { revision, generation: state.seenGeneration ?? 0, takeOver },
    lineages: [...others, revision].slice(-maxLineages),
    rejected: state.rejected.filter(({ digest }) => digest !== revision.digest),
  };
}

/** The revision overrules earlier writes of other agents to the cluster-wide resources. */
export function withTakeOver(state: AgentState, revision: RevisionRef): AgentState {
  const generation = state.seenGeneration ?? 0;
  const lineages = state.lineages.filter(({ lineage }) => lineage === revision.lineage);
  return { ...state, lineages, writerPosition: { revision, generation, takeOver: true } };
}

/** The revision is written, and not confirmed yet. */
export function withInForce(state: AgentState, revision: RevisionRef): AgentState {
  const { beforeRollback: _before, ...rest } = state;
  return { ...rest, inForce: revision };
}

/** How a revision was confirmed. */
export interface ConfirmedBy extends Pick<AgentState, 'healthyNodes'> {
  readonly by: NonNullable<AgentState['confirmedBy']>;
}

/** The revision is confirmed: the node is healthy with it, or its health cannot be observed. */
export function withConfirmed(
  state: AgentState,
  revision: RevisionRef,
  { by, healthyNodes }: ConfirmedBy,
): AgentState {
  const noted = withLastWhole(state, revision);
  const { confirmed, confirming: _done, confirmWithin: _asked, ...others } = noted;
  const { beforeRollback: _before, healthyNodes: _healthy, begun: _begun, ...rest } = others;
  const isOther = confirmed !== undefined && !sameRevision(confirmed, revision);
  return {
    ...rest,
    inForce: revision,
    confirmed: revision,
    confirmedBy: by,
    ...(healthyNodes !== undefined && { healthyNodes }),
    ...(isOther && { previous: confirmed }),
  };
}

/**
 * The revision is rolled back. Its changes stay until the target, a revision confirmed before, is
 * in force again. Without a target no revision is accepted any more.
 */
export function withRolledBack(
  state: AgentState,
  rejection: Rejection,
  target: RevisionRef | undefined,
): AgentState {
  const { accepted: _accepted, confirmed: _confirmed, ...rest } = withRejected(state, rejection);
  const { confirming: _confirming, confirmWithin: _within, previous: _previous, ...kept } = rest;
  if (target === undefined) return kept;
  const after = {
    ...kept,
    accepted: target,
    confirmed: target,
    ...rollingBackTo(state, rejection, target),
  };
  // The revision was given up before it was in force, and may be written in part.
  const isTarget = state.inForce !== undefined && sameRevision(state.inForce, target);
  return isTarget ? withForceInDoubt(after) : after;
}

/** Rejects a revision; if it was the accepted one, the last confirmed one becomes it again. */
export function withRejected(state: AgentState, rejection: Rejection): AgentState {
  const { accepted, confirming, ...unwatched } = state;
  const isOther = confirming !== undefined && !sameRevision(confirming.revision, rejection);
  const rest = { ...unwatched, ...(isOther && { confirming }) };
  const others = state.rejected.filter(({ digest }) => digest !== rejection.digest);
  const rejected = [...others, rejection].slice(-maxRejected);
  if (accepted !== undefined && !sameRevision(accepted, rejection))
    return { ...rest, accepted, rejected };
  const before = state.confirmed ?? state.inForce;
  if (before === undefined) return { ...rest, rejected };
  return { ...rest, accepted: before, rejected, ...rollingBackTo(state, rejection, before) };
}

/** The gates of the way back go by how the node was before the change, too. */
function rollingBackTo(
  { confirming, beforeRollback }: AgentState,
  rejection: Rejection,
  target: RevisionRef,
): Pick<AgentState, 'beforeRollback'> {
  const isOfIt = confirming !== undefined && sameRevision(confirming.revision, rejection);
  const baseline = isOfIt ? confirming.baseline : beforeRollback?.baseline;
  return baseline === undefined ? {} : { beforeRollback: { revision: target, baseline } };
}

/**
 * A change that was given up may have written something, so the confirmed revision is not known to
 * be in force. The agent then brings it into force like any other: step by step, with gates, and
 * not as drift.
 */
export function withForceInDoubt(state: AgentState): AgentState {
  const { inForce: _inForce, ...rest } = state;
  return state.confirmed === undefined ? state : rest;
}

/** The state without a configuration; the agent does not apply an earlier one again by itself. */
export function withoutConfiguration({
  accepted: _accepted,
  inForce: _inForce,
  confirmed: _confirmed,
  confirmedBy: _by,
  healthyNodes: _healthy,
  confirming: _confirming,
  beforeRollback: _before,
  confirmWithin: _within,
  previous: _previous,
  writerPosition: _position,
  begun: _begun,
  lost: _lost,
  clusterLater: _later,
  lastWhole: _whole,
  ...rest
}: AgentState): AgentState {
  return rest;
}

/** A person has run the commands with this digest; what was done at the same place before does not count any more. */
export function withDoneByHand(state: AgentState, digest: string): AgentState {
  const place = placeOf(digest);
  const others = (state.doneByHand ?? []).filter((one) => placeOf(one) !== place);
  return { ...state, doneByHand: [...others, digest] };
}

/** Forgets the steps done by hand at all other places, because no plan asks for them any more. */
export function withoutDoneElsewhere(state: AgentState, places: readonly string[]): AgentState {
  const { doneByHand = [], ...rest } = state;
  const kept = doneByHand.filter((one) => places.includes(placeOf(one)));
  return kept.length === 0 ? rest : { ...rest, doneByHand: kept };
}

/** The revisions that must never be forgotten. */
export function revisionsInUse(state: AgentState): readonly RevisionRef[] {
  const { accepted, inForce, confirmed, previous, confirming, lastWhole } = state;
  const refs = [accepted, inForce, confirmed, previous, confirming?.previous, lastWhole];
  return refs.filter((ref) => ref !== undefined);
}
