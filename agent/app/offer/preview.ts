import type { Question, ReadingSettings, Derived } from '../../../core/deciding/question.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Issue } from '../../../core/issue.ts';
import type { AnyPlan } from '../../../core/plan/plan.ts';
import type { Observed } from '../../../core/observe/observed.ts';
import type { Desired } from '../../../core/render/desired.ts';
import type { Resolution } from '../../../core/resolve/resolution.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { DecideOptions, Decider } from '../../ports/decider.ts';
import { preflightSteps } from '../apply/targets.ts';
import type { DerivedOf } from '../derive/desired-cache.ts';
import { planAll, type Planning } from '../derive/observe-and-plan.ts';

export interface PreviewOptions {
  /** Aborted when the client waits no more. */
  readonly signal?: AbortSignal;
}

export type PlanOutcome =
  | {
      readonly ok: true;
      readonly plan: AnyPlan;
      readonly issues: readonly Issue[];
      /** The observed state from which the plan was made. */
      readonly observed: Observed;
      readonly derived: { readonly resolution: Resolution; readonly desired: Desired };
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Previews of a configuration. They change nothing. */
export interface Preview {
  /** The issues of a configuration for this node; needs no datastore. */
  check(text: string, options?: PreviewOptions): Promise<readonly Issue[]>;
  /** The plan for a configuration, or (without text) for the accepted one. */
  plan(text?: string, options?: PreviewOptions): Promise<PlanOutcome>;
}

export interface PreviewDeps {
  readonly decider: Pick<Decider, 'decide'>;
  readonly planning: Planning;
  readonly facts: () => NodeFacts;
  readonly accepted: () => RevisionRef | undefined;
  readonly derivedOf: DerivedOf;
  readonly reading: () => ReadingSettings;
  /** Why Calico has no Node of this agent's name. Never rejects. */
  readonly explainMissing: () => Promise<string>;
}

/** Stands in the marks of a plan that is only a preview. */
const unaccepted: RevisionRef = {
  lineage: 'local:preview',
  number: 1,
  digest: `sha256:${'0'.repeat(64)}`,
};

function isMissingNode({ code }: Issue): boolean {
  return code === 'node-missing';
}

export function createPreview(deps: PreviewDeps): Preview {
  const { decider, planning, facts, accepted, derivedOf, reading } = deps;
  const questionOf = (text: string): Question => ({ text, facts: facts(), reading: reading() });
  const withExplanation = async (issues: readonly Issue[]): Promise<readonly Issue[]> => {
    if (!issues.some(isMissingNode)) return issues;
    const message = await deps.explainMissing();
    return issues.map((issue) => (isMissingNode(issue) ? { ...issue, message } : issue));
  };
  const planOf = async (
    derived: Derived,
    revision: RevisionRef,
    options: DecideOptions,
  ): Promise<PlanOutcome> => {
    const { plan, observed } = await planAll(planning, facts().name, derived, options);
    // Asks the datastore for refusals now, and not when half of the change is written.
    const refused = await preflightSteps(planning.targets, plan.steps, revision);
    const { redactPlan } = await import('../../../core/plan/redact-plan.ts');
    const issues = await withExplanation([...plan.issues, ...refused]);
    const whole = redactPlan({ ...plan, issues });
    return { ok: true, plan: whole, issues: derived.issues, observed, derived };
  };
  return {
    check: async (text, options = {}) => {
      const decided = await decider.decide(questionOf(text), options);
      return decided.ok ? decided.derived.issues : decided.issues;
    },
    plan: async (text, options = {}) => {
      if (text !== undefined) {
        const decided = await decider.decide(questionOf(text), options);
        return decided.ok ? planOf(decided.derived, unaccepted, options) : decided;
      }
      const revision = accepted();
      if (revision !== undefined) return planOf(await derivedOf(revision), revision, options);
      throw new AppError(
        'not-found',
        'cannot plan: no configuration was accepted yet; name one, or apply one first',
      );
    },
  };
}
