import type { AnyPlan } from '../../core/plan/plan.ts';
import { AppError } from '../../runtime/errors.ts';

/** A plan with errors has no steps, and yet not everything is as it shall be. @throws AppError */
export function refuseFaults(plan: AnyPlan): AnyPlan {
  const errors = plan.issues.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return plan;
  const reasons = errors.map(({ message }) => message).join('; ');
  throw new AppError('invalid-config', reasons, { issues: plan.issues });
}

export function notTaken(changes: number): AppError {
  return new AppError(
    'apply-failed',
    `the datastore took all changes, and ${String(changes)} of them are not there when read back`,
    { retryable: true },
  );
}

export function countChanges({ steps }: AnyPlan): number {
  return steps.reduce((count, { changes }) => count + changes.length, 0);
}
