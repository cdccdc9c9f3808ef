/** Text → strategy of a rollout, YAML or JSON; reports all issues at once. */
import type { RolloutStrategy } from '../../schemas/generated/rollout-strategy.ts';
import { isRolloutStrategy } from '../../schemas/generated/rollout-strategy.validator.js';
import { recogniseInstead, type Expected } from '../config/mix-ups/instead.ts';
import { schemaIssues } from '../config/schema/schema-issues.ts';
import { locate } from '../config/yaml/located-yaml.ts';
import type { Located } from '../config/yaml/located.ts';
import { plainValue } from '../config/yaml/plain-value.ts';
import { documentHint } from '../document-hint.ts';
import { textBounds } from '../input/bounds.ts';
import { hasErrors, pointerToken, type Issue, type Place } from '../issue.ts';
import { checkStrategy } from './check-strategy.ts';

export type ParsedStrategy =
  | { readonly ok: true; readonly strategy: RolloutStrategy }
  | { readonly ok: false; readonly issues: readonly Issue[] };

export function parseStrategy(text: string): ParsedStrategy {
  const located = locate(text, textBounds.strategy);
  if (!located.ok) return { ok: false, issues: located.issues };
  const { root } = located;
  const data = plainValue(root);
  if (!isRolloutStrategy(data)) {
    const instead = recogniseInstead(root, expected);
    const issues = instead ? [instead] : schemaIssues(isRolloutStrategy.errors ?? [], root);
    return { ok: false, issues };
  }
  const issues = checkStrategy(data, (pointer) => placeIn(root, pointer));
  return hasErrors(issues) ? { ok: false, issues } : { ok: true, strategy: data };
}

const expected: Expected = {
  what: 'the strategy of a rollout',
  hint: `write a RolloutStrategy as ${documentHint('rollouts.md')} shows; the network configuration is the argument of calico-controller rollout start`,
  kind: 'RolloutStrategy',
  keys: ['waves', 'settle', 'limit', 'maxFailures', 'approval', 'windows', 'onFailure'],
};

/** The place of a pointer, or of the nearest value around it. */
function placeIn(root: Located, pointer: string): Place {
  let node = root;
  for (const token of pointer.split('/').slice(1)) {
    const next = childOf(node, token);
    if (next === undefined) break;
    node = next;
  }
  return { ...node.place, pointer };
}

function childOf(node: Located, token: string): Located | undefined {
  if (node.kind === 'list') return node.items[Number(token)];
  if (node.kind !== 'map') return undefined;
  return node.entries.find(({ key }) => pointerToken(key) === token)?.value;
}
