import type { NodeFacts } from '../../core/facts/facts.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Agent } from './agent.ts';
import { preflightSteps, type Targets } from './carry-out.ts';
import { planWanted } from './plan-wanted.ts';
import { derive, type Reading, type Wanted } from './derive.ts';

export interface PreviewDeps extends Targets {
  readonly facts: () => NodeFacts;
  readonly accepted: () => RevisionRef | undefined;
  readonly wantedOf: (revision: RevisionRef) => Promise<Wanted>;
  readonly reading: () => Reading;
}

/** In the marks of what is only tried. */
const unaccepted: RevisionRef = {
  lineage: 'local:preview',
  number: 1,
  digest: `sha256:${'0'.repeat(64)}`,
};

/** Looks at configurations without changing anything. */
export function createPreview(deps: PreviewDeps): Pick<Agent, 'check' | 'plan'> {
  const { facts, accepted, wantedOf, reading } = deps;
  const planOf = async (
    wanted: Wanted,
    revision: RevisionRef = unaccepted,
  ): ReturnType<Agent['plan']> => {
    const { plan, observed } = await planWanted(deps, facts().name, wanted);
    // What the datastore would refuse is said now, and not when half of it is written.
    const refused = await preflightSteps(deps, plan.steps, revision);
    const { shownPlan } = await import('../../core/lxd/shown-change.ts');
    const whole = shownPlan({ ...plan, issues: [...plan.issues, ...refused] });
    return { ok: true, plan: whole, issues: wanted.issues, observed, wanted };
  };
  return {
    check: async (text) => {
      const derived = await derive(text, facts(), reading());
      return derived.ok ? derived.wanted.issues : derived.issues;
    },
    plan: async (text) => {
      if (text !== undefined) {
        const derived = await derive(text, facts(), reading());
        return derived.ok ? planOf(derived.wanted) : derived;
      }
      const revision = accepted();
      if (revision !== undefined) return planOf(await wantedOf(revision), revision);
      throw new AppError(
        'not-found',
        'cannot plan: no configuration was accepted yet; name one, or apply one first',
      );
    },
  };
}
