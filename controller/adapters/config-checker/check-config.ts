/** Checks a configuration against all known nodes. Pure. */
import { withoutGuesses } from '../../../core/config/checks/mesh.ts';
import { parseConfig } from '../../../core/config/parse.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import { hasErrors } from '../../../core/issue.ts';
import { checkFleet } from '../../../core/fabric/check-fleet.ts';
import type { CheckedConfig } from '../../ports/config-checker.ts';

/** @param enter is called with each phase before it begins */
export function checkConfig(
  text: string,
  nodes: readonly NodeFacts[],
  enter: (phase: string) => void = () => undefined,
): CheckedConfig {
  enter('reading the text');
  const parsed = parseConfig(text);
  if (!parsed.ok) return parsed;
  enter(`comparing it with ${String(nodes.length)} nodes`);
  // Without any node every rule would seem to match none.
  const issues =
    nodes.length === 0
      ? parsed.issues
      : [...withoutGuesses(parsed.issues), ...checkFleet(parsed.model, nodes)];
  return hasErrors(issues)
    ? { ok: false, issues }
    : { ok: true, digest: parsed.model.digest, issues };
}
