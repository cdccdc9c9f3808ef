import { isDeepStrictEqual } from 'node:util';
import type { NodeFacts } from '../../core/facts/facts.ts';
import type { Issue } from '../../core/issue.ts';
import { AppError } from '../../runtime/errors.ts';
import type { NodeFactsInput } from '../../schemas/generated/node-facts.ts';
import type { FactsSource } from '../ports/facts-source.ts';
import { mergeFacts } from './merge-facts.ts';

/** agent.yaml wins over what hooks push, and that over what the host shows. */
export interface FactsKeeper {
  current(): NodeFacts;
  issues(): readonly Issue[];
  /** @throws AppError invalid-facts */
  judge(input: NodeFactsInput): Promise<void>;
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
    judge: async (input) => void (await readFacts(input, facts.name)),
    refresh: async ({ configured, pushed }) => {
      const detected = await source.detect();
      const found = await readFacts(mergeFacts(configured, pushed, detected), detected.name);
      issues = found.issues;
      // The same object stands for the same facts: what was derived from them stays good.
      if (isDeepStrictEqual(found.facts, facts)) return false;
      facts = found.facts;
      return true;
    },
  };
}

async function readFacts(
  input: NodeFactsInput,
  fallbackName: string,
): Promise<{ readonly facts: NodeFacts; readonly issues: readonly Issue[] }> {
  const { factsFromInput } = await import('../../core/facts/from-input.ts');
  const found = factsFromInput(input, fallbackName);
  const error = found.issues.find(({ severity }) => severity === 'error');
  if (error === undefined) return found;
  throw new AppError('invalid-facts', `cannot use the facts of this node: ${error.message}`, {
    issues: found.issues,
  });
}
