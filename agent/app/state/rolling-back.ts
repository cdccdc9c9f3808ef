import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentState } from './agent-state.ts';

/** The agent rolls back to this revision, which was confirmed before and is not in force again yet. */
export function isRollingBack({ confirmed, inForce }: AgentState, revision: RevisionRef): boolean {
  const isConfirmed = confirmed !== undefined && sameRevision(confirmed, revision);
  return isConfirmed && (inForce === undefined || !sameRevision(inForce, revision));
}
