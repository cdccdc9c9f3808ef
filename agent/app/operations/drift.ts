/** Drift: somebody else changed fields that the revision in force sets. */
import type { DriftedField } from '../../../core/plan/drift/drifted-field.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { otherWorkFirst } from '../../../runtime/pacing/in-turns.ts';
import { planAll } from '../derive/observe-and-plan.ts';
import { refuseHeld, type OperationsDeps } from './operations-deps.ts';

export interface DriftReport {
  /** The revision in force; absent: there is none. */
  readonly revision?: RevisionRef;
  readonly fields: readonly DriftedField[];
}

export interface DriftCorrection {
  /** Differences that are left after the pass. */
  readonly left: readonly DriftedField[];
  /** The status's message after the pass, where something is left. */
  readonly why?: string;
}

export interface DriftOperations {
  drift(): Promise<DriftReport>;
  /**
   * Corrects drift once, whatever the policy is, and waits for the pass that does it.
   * @throws AppError held
   */
  correctDrift(): Promise<DriftCorrection>;
  /** With true the agent only reports drift, whatever the policy is, until a call with false. */
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
    // Kept on disk, because after a start the loop runs before the next call can come.
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
