import { hasErrors, type Issue } from '../../core/issue.ts';
import type { NodeFacts } from '../../core/facts/facts.ts';
import type { Desired } from '../../core/render/desired.ts';
import type { Resolution } from '../../core/resolve/resolution.ts';

/** What a configuration means for this node. */
export interface Wanted {
  readonly resolution: Resolution;
  readonly desired: Desired;
  /** Warnings and notes. */
  readonly issues: readonly Issue[];
}

export type Derived =
  | { readonly ok: true; readonly digest: string; readonly wanted: Wanted }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * parse → check against the node's facts → resolve → render. The parsers are loaded here, when the
 * first configuration comes: a daemon that waits needs none of them.
 */
export async function derive(
  text: string,
  facts: NodeFacts,
  unitApplication: string | undefined,
): Promise<Derived> {
  const [{ parseConfig }, { compileRules }, { resolveNode }, { render }] = await Promise.all([
    import('../../core/config/parse.ts'),
    import('../../core/resolve/rules.ts'),
    import('../../core/resolve/resolve-node.ts'),
    import('../../core/render/render.ts'),
  ]);
  const parsed = parseConfig(text, unitApplication === undefined ? {} : { unitApplication });
  if (!parsed.ok) return { ok: false, issues: parsed.issues };
  const resolution = resolveNode(compileRules(parsed.model), facts);
  const issues = [...parsed.issues, ...resolution.issues];
  if (hasErrors(issues)) return { ok: false, issues };
  const desired = render(parsed.model, [resolution], { cluster: true });
  return { ok: true, digest: parsed.model.digest, wanted: { resolution, desired, issues } };
}
