import { isDeepStrictEqual } from 'node:util';
import type { NodeFacts } from '../../core/facts/facts.ts';
import { hasErrors, type Issue } from '../../core/issue.ts';
import { AppError } from '../../runtime/errors.ts';
import type { NodeFactsInput } from '../../schemas/generated/node-facts.ts';
import type { FactsSource } from '../ports/facts-source.ts';
import { mergeFacts } from './merge-facts.ts';

/** agent.yaml wins over what hooks push, and that over what the host shows. */
export interface FactsKeeper {
  current(): NodeFacts;
  issues(): readonly Issue[];
  /** Looks again; true where something is different. @throws AppError invalid-facts */
  refresh(inputs: FactsInputs): Promise<boolean>;
}

export interface FactsInputs {
  readonly configured: NodeFactsInput;
  readonly pushed: NodeFactsInput;
}

export function createFactsKeeper(source: FactsSource, fallbackName: string): FactsKeeper {
  let facts: NodeFacts = { name: fallbackName, units: [], addresses: [], labels: {} };
  let issues: readonly Issue[] = [];
  return {
    current: () => facts,
    issues: () => issues,
    refresh: async ({ configured, pushed }) => {
      const detected = await source.detect();
      const { factsFromInput } = await import('../../core/facts/from-input.ts');
      const found = factsFromInput(mergeFacts(configured, pushed, detected), detected.name);
      if (hasErrors(found.issues)) {
        const first = found.issues.find(({ severity }) => severity === 'error');
        throw new AppError(
          'invalid-facts',
          `cannot use the facts of this node: ${first?.message ?? ''}`,
          {
            issues: found.issues,
          },
        );
      }
      issues = found.issues;
      // The same object stands for the same facts: what was derived from them stays good.
      if (isDeepStrictEqual(found.facts, facts)) return false;
      facts = found.facts;
      return true;
    },
  };
}
