/** What may become of the agent's state. */
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { Rejection, RevisionRef, SourceKind } from '../../../core/revision/revision.ts';
import type { AgentState } from './agent-state.ts';

const maxLineages = 100;
const maxRejected = 100;

/**
 * Accepted anew, a digest is no longer rejected: somebody said retry. A take-over forgets the numbers of
 * other lineages: it is the way back where a wrong sender has used them up.
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
  const { lost: _found, ...rest } = state;
  return {
    ...rest,
    takenBy: source,
    accepted: revision,
    writerPosition: { revision, generation: state.seenGeneration ?? 0, takeOver },
    lineages: [...others, revision].slice(-maxLineages),
    rejected: state.rejected.filter(({ digest }) => digest !== revision.digest),
  };
}

/** The revision overrules what others have written so far of what holds for all nodes. */
export function withTakeOver(state: AgentState, revision: RevisionRef): AgentState {
  const generation = state.seenGeneration ?? 0;
  const lineages = state.lineages.filter(({ lineage }) => lineage === revision.lineage);
  return { ...state, lineages, writerPosition: { revision, generation, takeOver: true } };
}

/** There are no gates and no deadlines yet: what is in force is confirmed at once. */
export function withInForce(state: AgentState, revision: RevisionRef): AgentState {
  return { ...state, inForce: revision, confirmed: revision };
}

/** Rejects a revision; where it was the accepted one, the one in force is so again. */
export function withRejected(state: AgentState, rejection: Rejection): AgentState {
  const { accepted, ...rest } = state;
  const others = state.rejected.filter(({ digest }) => digest !== rejection.digest);
  const rejected = [...others, rejection].slice(-maxRejected);
  if (accepted !== undefined && !sameRevision(accepted, rejection))
    return { ...rest, accepted, rejected };
  return { ...rest, ...(state.inForce === undefined ? {} : { accepted: state.inForce }), rejected };
}

/** Nothing is wanted any more; what was accepted before is not applied again by itself. */
export function withoutConfiguration({
  accepted: _accepted,
  inForce: _inForce,
  confirmed: _confirmed,
  writerPosition: _position,
  lost: _lost,
  ...rest
}: AgentState): AgentState {
  return rest;
}

/** The revisions that must never be forgotten. */
export function revisionsInUse(state: AgentState): readonly RevisionRef[] {
  return [state.accepted, state.inForce, state.confirmed].filter((ref) => ref !== undefined);
}
