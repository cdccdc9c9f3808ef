/** Checks a configuration against everything that is known of the fleet. Changes nothing. */
import { withoutGuesses } from '../../core/config/checks/mesh.ts';
import { parseConfig } from '../../core/config/parse.ts';
import type { NodeFacts } from '../../core/facts/facts.ts';
import { hasErrors, type Issue } from '../../core/issue.ts';
import { checkFleet } from '../../core/resolve/check-fleet.ts';

export type CheckedConfig =
  | { readonly ok: true; readonly digest: string; readonly issues: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };

export function checkConfig(text: string, nodes: readonly NodeFacts[]): CheckedConfig {
  const parsed = parseConfig(text);
  if (!parsed.ok) return parsed;
  // Without a node every rule would seem to be for nobody.
  const issues =
    nodes.length === 0
      ? parsed.issues
      : [...withoutGuesses(parsed.issues), ...checkFleet(parsed.model, nodes)];
  return hasErrors(issues)
    ? { ok: false, issues }
    : { ok: true, digest: parsed.model.digest, issues };
}
