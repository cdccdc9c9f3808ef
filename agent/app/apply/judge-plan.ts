import type { Issue } from '../../../core/issue.ts';
import type { GateKind } from '../../../core/plan/gate.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import { AppError } from '../../../runtime/errors.ts';

/**
 * Refuses a plan with errors: it has no steps, although the desired state is not reached. @throws
 * AppError
 */
export function refuseFaults(plan: AnyPlan): AnyPlan {
  const errors = plan.issues.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return plan;
  throw new AppError('invalid-config', reasonsText(errors), { issues: plan.issues });
}

/**
 * The errors with their hints: a reader of the status or of an answer to apply sees nothing else.
 */
export function reasonsText(errors: readonly Issue[]): string {
  return errors
    .map(({ message, hint }) => (hint === undefined ? message : `${message} (${hint})`))
    .join('; ');
}

export function notTaken(changes: number): AppError {
  return new AppError(
    'apply-failed',
    `the datastore accepted every change, but ${changes === 1 ? '1 is' : `${String(changes)} are`} missing when read back`,
    { retryable: true },
  );
}

const staying: ReadonlySet<GateKind> = new Set(['pool-free', 'rollout', 'outside', 'restart-turn']);

/**
 * The plan of a correction. It restores the previous state, so it waits for no change of another node, and a
 * session that is down for another reason does not stop it. Services restart in their turn all the same: whoever
 * changed a file on all nodes would else have all of them restart at once.
 */
export function withoutTrafficGates(plan: AnyPlan): AnyPlan {
  const steps = plan.steps.map((step) => ({
    ...step,
    gates: step.gates.filter(({ kind }) => staying.has(kind)),
  }));
  return { ...plan, steps };
}

export function countChanges({ steps }: AnyPlan): number {
  return steps.reduce((count, { changes }) => count + changes.length, 0);
}
