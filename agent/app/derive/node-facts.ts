import { isDeepStrictEqual } from 'node:util';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Issue } from '../../../core/issue.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { NodeFactsInput } from '../../../schemas/generated/node-facts.ts';
import type { DetectedFacts, FactsSource } from '../../ports/facts-source.ts';
import { absentAddresses } from '../../../core/facts/addresses/absent-addresses.ts';
import { mergeFacts } from './merge-facts.ts';

/**
 * The node's facts. Those of agent.yaml win over those that hooks push, and these over those of the
 * host.
 */
export interface NodeFactsStore {
  current(): NodeFacts;
  issues(): readonly Issue[];
  /** @throws AppError invalid-facts */
  judge(input: NodeFactsInput): Promise<void>;
  /** Reads the facts anew; true where something changed. @throws AppError invalid-facts */
  refresh(inputs: FactsInputs): Promise<boolean>;
}

export interface FactsInputs {
  readonly configured: NodeFactsInput;
  readonly pushed: NodeFactsInput;
  /** Gives the addresses where neither agent.yaml nor a hook does. */
  addressesOf(
    detected: DetectedFacts,
    factsWith: (addresses: readonly string[]) => NodeFacts,
  ): Promise<readonly string[]>;
}

/** @param isOnNode whether the agent runs on the node that it writes for: false for files alone */
export function createNodeFactsStore(
  source: FactsSource,
  fallbackName: string,
  isOnNode: () => boolean = () => true,
): NodeFactsStore {
  let facts: NodeFacts = { name: fallbackName, units: [], addresses: [], labels: {} };
  let issues: readonly Issue[] = [];
  let begun = 0;
  let latest = 0;
  return {
    current: () => facts,
    issues: () => issues,
    judge: async (input) => void (await readFacts(input, facts.name)),
    refresh: async ({ configured, pushed, addressesOf }) => {
      const turn = (begun += 1);
      const seen = await source.detect();
      const { host: _host, ...detected } = seen;
      const merged = mergeFacts(configured, pushed, detected);
      const found = await readFacts(
        await withAddresses(merged, (factsWith) => addressesOf(seen, factsWith)),
        detected.name,
      );
      // A refresh that began later has newer settings or pushed facts, and may end first.
      if (turn < latest) return false;
      latest = turn;
      const absent = isOnNode() ? absentAddresses(merged, seen.host) : [];
      const next = [...found.issues, ...absent];
      // Keeps the list while its content is the same, because the status is built anew for another
      // list.
      if (!isDeepStrictEqual(next, issues)) issues = next;
      // Keeps the object while its content is the same, so that everything derived from it stays
      // valid.
      if (isDeepStrictEqual(found.facts, facts)) return false;
      facts = found.facts;
      return true;
    },
  };
}

async function withAddresses(
  input: NodeFactsInput,
  find: (factsWith: (addresses: readonly string[]) => NodeFacts) => Promise<readonly string[]>,
): Promise<NodeFactsInput> {
  if ((input.addresses?.length ?? 0) > 0) return input;
  const { factsFromInput } = await import('../../../core/facts/from-input.ts');
  const addresses = await find(
    (texts) => factsFromInput({ ...input, addresses: [...texts] }, input.name ?? '').facts,
  );
  return { ...input, addresses: [...addresses] };
}

async function readFacts(
  input: NodeFactsInput,
  fallbackName: string,
): Promise<{ readonly facts: NodeFacts; readonly issues: readonly Issue[] }> {
  const { factsFromInput } = await import('../../../core/facts/from-input.ts');
  const found = factsFromInput(input, fallbackName);
  const error = found.issues.find(({ severity }) => severity === 'error');
  if (error === undefined) return found;
  throw new AppError('invalid-facts', `cannot use the facts of this node: ${error.message}`, {
    issues: found.issues,
  });
}
