import type { Issue } from '../../../core/issue.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import { AppError } from '../../../runtime/errors.ts';

/** A plan with errors has no steps, and yet not everything is as it shall be. @throws AppError */
export function refuseFaults(plan: AnyPlan): AnyPlan {
  const errors = plan.issues.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return plan;
  throw new AppError('invalid-config', reasonsText(errors), { issues: plan.issues });
}

/** With what to do about each: who reads a status or the answer to apply has nothing else. */
export function reasonsText(errors: readonly Issue[]): string {
  return errors
    .map(({ message, hint }) => (hint === undefined ? message : `${message} (${hint})`))
    .join('; ');
}

export function notTaken(changes: number): AppError {
  return new AppError(
    'apply-failed',
    `the datastore took all changes, and ${String(changes)} of them are not there when read back`,
    { retryable: true },
  );
}

/**
 * The plan of a correction: it restores what stood before, so no fleet is waited for, and a session
 * that is down for another reason does not keep what differs from being put back.
 */
export function withoutTrafficGates(plan: AnyPlan): AnyPlan {
  const steps = plan.steps.map((step) => ({
    ...step,
    gates: step.gates.filter(({ kind }) => kind === 'pool-free'),
  }));
  return { ...plan, steps };
}

export function countChanges({ steps }: AnyPlan): number {
  return steps.reduce((count, { changes }) => count + changes.length, 0);
}
