import type { Decider } from '../../ports/decider.ts';

/**
 * Decides in this process, without limits: for tests, and for programs that only decide about texts
 * of their own user. Loads its modules with the first question.
 */
export function createInProcessDecider(): Decider {
  return {
    decide: async (question) => {
      const { decideConfig } = await import('../../../core/deciding/decide-config.ts');
      return decideConfig(question);
    },
    plan: async (question) => {
      const { planDesired } = await import('../../../core/deciding/plan-all-targets.ts');
      return planDesired(question);
    },
    digest: async (text) => {
      const { digestOfText } = await import('../../../core/config/digest-of-text.ts');
      return digestOfText(text);
    },
    facts: async (text) => {
      const { readFacts } = await import('../../../core/deciding/read-facts.ts');
      return readFacts(text);
    },
    adoptable: async ({ desired, survey }) => {
      const { findAdoptable } = await import('../../../core/plan/adopt/find-adoptable.ts');
      return findAdoptable(desired, survey);
    },
    staleNodes: async ({ survey, living }) => {
      const { findStaleNodes } = await import('../../../core/survey/find-stale-nodes.ts');
      return findStaleNodes(survey, living);
    },
    exported: async (survey) => {
      const { exportConfig } = await import('../../../core/export/export-config.ts');
      return exportConfig(survey);
    },
    close: () => Promise.resolve(),
  };
}
