/** The expectations with which the sessions of this node are compared. */
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { Derived } from '../../../core/deciding/question.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { AgentState } from '../state/agent-state.ts';
import { meshOf } from './mesh-of.ts';
import type { Expecting } from './observe-sessions.ts';

export interface ExpectingInputs {
  readonly derived: Derived | undefined;
  readonly facts: NodeFacts;
  readonly state: AgentState;
  readonly reachesCluster: boolean;
  readonly byOthers: readonly string[] | undefined;
}

export function expectingOf(inputs: ExpectingInputs): ReturnType<Expecting> {
  const { derived, facts, state, reachesCluster, byOthers } = inputs;
  if (derived === undefined) return undefined;
  const mesh = meshOf(derived);
  const { accepted, inForce } = state;
  return {
    resolution: derived.resolution,
    addresses: facts.addresses,
    reachesCluster,
    isApplied: accepted !== undefined && inForce !== undefined && sameRevision(accepted, inForce),
    ...(mesh !== undefined && { mesh }),
    ...(derived.desired.later !== undefined && { isMeshLater: true }),
    ...(byOthers !== undefined && { byOthers }),
  };
}
