/** Shared parts of the tests of NODES. */
import { expect } from 'chai';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import { parseNodes, type NodesOptions } from '../../../core/facts/parse-nodes.ts';
import type { Issue } from '../../../core/issue.ts';

interface Accepted {
  readonly nodes: readonly NodeFacts[];
  readonly issues: readonly Issue[];
}

export function accepted(text: string, options?: NodesOptions): Accepted {
  const parsed = parseNodes(text, options);
  if (!parsed.ok) expect.fail(`refused: ${JSON.stringify(parsed.issues)}`);
  return parsed;
}

/** The errors. */
export function refused(text: string): readonly Issue[] {
  const parsed = parseNodes(text);
  if (parsed.ok) expect.fail('it was accepted');
  return parsed.issues.filter(({ severity }) => severity === 'error');
}

export function messagesOf(issues: readonly Issue[]): string[] {
  return issues.map(({ severity, message }) => `${severity}: ${message}`);
}

/** The addresses in the form of people. */
export function addressesOf({ addresses }: NodeFacts): string[] {
  return addresses.map(({ address, prefixLength }) =>
    prefixLength === undefined ? address : `${address}/${String(prefixLength)}`,
  );
}
