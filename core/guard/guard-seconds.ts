import type { AnyPlan } from '../plan/plan.ts';
import { maxGuardSeconds } from './guard-settings.ts';

/** Time for the sessions to come back after the last step, and for the confirmation. */
const reserveSeconds = 180;

/** The time from begin to deadline: as long as the plan may wait at its gates, and a reserve. */
export function guardSeconds({ steps }: Pick<AnyPlan, 'steps'>): number {
  const waits = steps.map(({ gates }) =>
    Math.max(0, ...gates.map(({ withinSeconds }) => withinSeconds)),
  );
  const longest = waits.reduce((sum, seconds) => sum + seconds, 0);
  return Math.min(maxGuardSeconds, longest + reserveSeconds);
}
