/** Drift: what somebody else changed of the revision that is in force. */
import type { DriftedField } from '../../../core/plan/drift/drifted-field.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { otherWorkFirst } from '../../../runtime/pacing/in-turns.ts';
import { planAll } from '../derive/observe-and-plan.ts';
import { refuseHeld, type OperationsDeps } from './operations-deps.ts';

export interface DriftReport {
  /** What drift is measured against; absent: nothing is in force. */
  readonly revision?: RevisionRef;
  readonly fields: readonly DriftedField[];
}

export interface DriftCorrection {
  /** Read after the pass: what still differs from what is desired. */
  readonly left: readonly DriftedField[];
  /** Where something is left: what the status says of the pass. */
  readonly why?: string;
}

export interface DriftOperations {
  drift(): Promise<DriftReport>;
  /**
   * Corrects it once, whatever the policy is, and waits for the pass that does.
   * @throws AppError held
   */
  correctDrift(): Promise<DriftCorrection>;
  /** Only reports drift, whatever the policy is, until this is called with false. */
  onlyReportDrift(only: boolean): Promise<void>;
}

export function createDriftOperations({
  reconciling,
  loop,
  lastPass,
}: OperationsDeps): DriftOperations {
  const { records, node, planning, derivedOf, policy } = reconciling;
  const { state } = records;
  const drift = async (): Promise<DriftReport> => {
    const revision = state.current().inForce;
    if (revision === undefined) return { fields: [] };
    const planned = await planAll(planning, node.facts().name, await derivedOf(revision));
    const { findDrift } = await import('../../../core/plan/drift/find-drift.ts');
    await otherWorkFirst();
    return { revision, fields: findDrift(planned.plan, planned.observed) };
  };
  return {
    drift,
    correctDrift: async () => {
      await loop.between(async () => {
        await refuseHeld(reconciling);
        policy.correction.ask();
      });
      // The pass after the first task has ended when the second one runs.
      return loop.between(async () => {
        const why = lastPass();
        const { fields: left } = await drift();
        return left.length === 0 ? { left } : { left, why };
      });
    },
    // On disk: after a start the loop runs before anybody can say so again.
    onlyReportDrift: async (only) => {
      if ((state.current().onlyReportsDrift ?? false) === only) return;
      await state.change((current) => ({
        state: { ...current, onlyReportsDrift: only },
        result: undefined,
      }));
      loop.wake();
    },
  };
}
