import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { AgentSettings } from '../state/settings-now.ts';
import type { Records } from '../state/records.ts';

/** No change is under way, and what is in force is confirmed. False while the state is not known. */
export async function isSettled({ state, journal }: Records): Promise<boolean> {
  if (!state.isKnown() || (await journal.open()) !== undefined) return false;
  const { accepted, inForce, confirmed, confirming } = state.current();
  if (accepted === undefined) return true;
  return (
    confirming === undefined &&
    [inForce, confirmed].every((one) => one !== undefined && sameRevision(one, accepted))
  );
}

export function guardRefusal({ guard }: AgentSettings): string | undefined {
  return guard === 'never' ? 'agent.yaml has changes.guard: never' : undefined;
}
