import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentState } from '../state/agent-state.ts';
import type { AgentSettings } from '../state/settings-now.ts';
import type { Records } from '../state/records.ts';

/**
 * Whether no change is under way and the revision in force is confirmed. False while the state is
 * not known.
 */
export async function isSettled({ state, journal }: Records): Promise<boolean> {
  if (!state.isKnown() || (await journal.open()) !== undefined) return false;
  const { accepted, inForce, confirmed, confirming } = state.current();
  if (accepted === undefined) return true;
  return (
    confirming === undefined &&
    [inForce, confirmed].every((one) => one !== undefined && sameRevision(one, accepted))
  );
}

/** Why this revision, or every revision, has no guard routes. */
export function guardRefusal(
  { guard }: AgentSettings,
  { unguarded }: AgentState,
  revision?: RevisionRef,
): string | undefined {
  if (guard === 'never') return 'agent.yaml has changes.guard: never';
  const isUnguarded =
    unguarded !== undefined && revision !== undefined && sameRevision(unguarded, revision);
  return isUnguarded ? 'it was applied with --no-guard' : undefined;
}
