import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentState } from './agent-state.ts';

/** The revision was confirmed before, and is not there again yet: another one was taken back for it. */
export function isRollingBack({ confirmed, inForce }: AgentState, revision: RevisionRef): boolean {
  const isConfirmed = confirmed !== undefined && sameRevision(confirmed, revision);
  return isConfirmed && (inForce === undefined || !sameRevision(inForce, revision));
}
