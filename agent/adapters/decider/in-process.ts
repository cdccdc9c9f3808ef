import type { Decider } from '../../ports/decider.ts';

/**
 * Decides in this process, without limits: for tests, and for programs that decide nothing but
 * their own user's text. What it needs is loaded when it is first asked.
 */
export function createInProcessDecider(): Decider {
  return {
    decide: async (question) => {
      const { decideConfig } = await import('../../../core/deciding/decide-config.ts');
      return decideConfig(question);
    },
    plan: async (question) => {
      const { planDesired } = await import('../../../core/deciding/plan-desired.ts');
      return planDesired(question);
    },
    digest: async (text) => {
      const { digestOfText } = await import('../../../core/config/digest-of-text.ts');
      return digestOfText(text);
    },
    close: () => Promise.resolve(),
  };
}
