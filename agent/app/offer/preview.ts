import type { Question, ReadingSettings, Derived } from '../../../core/deciding/question.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Issue } from '../../../core/issue.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { DecideOptions, Decider } from '../../ports/decider.ts';
import type { Agent } from '../agent.ts';
import { preflightSteps } from '../apply/targets.ts';
import { planDesired, type Planning } from '../derive/plan-desired.ts';

export interface PreviewDeps extends Planning {
  readonly decider: Decider;
  readonly facts: () => NodeFacts;
  readonly accepted: () => RevisionRef | undefined;
  readonly derivedOf: (revision: RevisionRef) => Promise<Derived>;
  readonly reading: () => ReadingSettings;
  /** Why Calico has no Node of this agent's name. Never rejects. */
  readonly explainMissingNode: () => Promise<string>;
}

/** In the marks of what is only tried. */
const unaccepted: RevisionRef = {
  lineage: 'local:preview',
  number: 1,
  digest: `sha256:${'0'.repeat(64)}`,
};

function isMissingNode({ code }: Issue): boolean {
  return code === 'node-missing';
}

/** Looks at configurations without changing anything. */
export function createPreview(deps: PreviewDeps): Pick<Agent, 'check' | 'plan'> {
  const { decider, facts, accepted, derivedOf: wantedOf, reading } = deps;
  const questionOf = (text: string): Question => ({ text, facts: facts(), reading: reading() });
  const withExplanation = async (issues: readonly Issue[]): Promise<readonly Issue[]> => {
    if (!issues.some(isMissingNode)) return issues;
    const message = await deps.explainMissingNode();
    return issues.map((issue) => (isMissingNode(issue) ? { ...issue, message } : issue));
  };
  const planOf = async (
    wanted: Derived,
    revision: RevisionRef,
    options: DecideOptions,
  ): ReturnType<Agent['plan']> => {
    const { plan, observed } = await planDesired(deps, facts().name, wanted, options);
    // What the datastore would refuse is said now, and not when half of it is written.
    const refused = await preflightSteps(deps.targets, plan.steps, revision);
    const { redactPlan } = await import('../../../core/plan/redact-plan.ts');
    const issues = await withExplanation([...plan.issues, ...refused]);
    const whole = redactPlan({ ...plan, issues });
    return { ok: true, plan: whole, issues: wanted.issues, observed, derived: wanted };
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
      if (revision !== undefined) return planOf(await wantedOf(revision), revision, options);
      throw new AppError(
        'not-found',
        'cannot plan: no configuration was accepted yet; name one, or apply one first',
      );
    },
  };
}
