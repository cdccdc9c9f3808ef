import type { NodeFactsInput } from '../../schemas/generated/node-facts.ts';
import { isNodeFacts } from '../../schemas/generated/node-facts.validator.js';
import { recogniseInstead, type Expected } from '../config/mix-ups/instead.ts';
import { schemaIssues } from '../config/schema/schema-issues.ts';
import { locate } from '../config/yaml/located-yaml.ts';
import { plainValue } from '../config/yaml/plain-value.ts';
import { textBounds } from '../input/bounds.ts';
import type { Issue } from '../issue.ts';

export type FactsRead =
  | { readonly ok: true; readonly input: NodeFactsInput }
  | { readonly ok: false; readonly issues: readonly Issue[] };

const nodeFacts: Expected = {
  what: 'the facts of one node',
  hint: 'give a mapping such as {name: node-0, units: [calico/0], addresses: [10.0.0.2/24], labels: {}}',
  keys: ['name', 'unit', 'units', 'addresses', 'labels', 'leader', 'platform'],
};

/** A node's facts as YAML or JSON. */
export function readFacts(text: string): FactsRead {
  const located = locate(text, textBounds.facts);
  if (!located.ok) return { ok: false, issues: located.issues };
  const input = plainValue(located.root);
  if (isNodeFacts(input)) return { ok: true, input };
  const broken = isNodeFacts.errors ?? [];
  const instead = recogniseInstead(located.root, nodeFacts);
  const issues = instead === undefined ? schemaIssues(broken, located.root) : [instead];
  return { ok: false, issues };
}
