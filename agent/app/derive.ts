import { issueAt } from '../../core/config/findings.ts';
import type { NetworkModel } from '../../core/config/model.ts';
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

/** What an agent is for: a node of the cluster, or the LXD host below nodes. */
export type Role = 'node' | 'lxd-host';

/** How this agent reads configurations. */
export interface Reading {
  readonly unitApplication: string | undefined;
  readonly role: Role;
}

export type Derived =
  | { readonly ok: true; readonly digest: string; readonly wanted: Wanted }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * Remembers what it derived last: a hook offers the same text every few minutes. Facts that are the
 * same object are the same.
 */
export function createDerive(): typeof derive {
  let last: { text: string; facts: NodeFacts; reading: Reading; derived: Derived } | undefined;
  return async (text, facts, reading) => {
    const isSame =
      last?.text === text &&
      last.facts === facts &&
      last.reading.role === reading.role &&
      last.reading.unitApplication === reading.unitApplication;
    if (last !== undefined && isSame) return last.derived;
    const derived = await derive(text, facts, reading);
    last = { text, facts, reading, derived };
    return derived;
  };
}

/**
 * parse → check against the node's facts → resolve → render. The parsers are loaded here, when the
 * first configuration comes: a daemon that waits needs none of them.
 */
export async function derive(
  text: string,
  facts: NodeFacts,
  { unitApplication, role }: Reading,
): Promise<Derived> {
  const [{ parseConfig }, { compileRules }, { resolveNode }, { render }] = await Promise.all([
    import('../../core/config/parse.ts'),
    import('../../core/resolve/rules.ts'),
    import('../../core/resolve/resolve-node.ts'),
    import('../../core/render/render.ts'),
  ]);
  const parsed = parseConfig(text, unitApplication === undefined ? {} : { unitApplication });
  if (!parsed.ok) return { ok: false, issues: parsed.issues };
  const { digest } = parsed.model;
  if (role === 'lxd-host') {
    const ofHost = deriveHost(parsed.model, facts);
    return {
      ok: true,
      digest,
      wanted: { ...ofHost, issues: [...parsed.issues, ...ofHost.issues] },
    };
  }
  const resolution = resolveNode(compileRules(parsed.model), facts);
  const issues = [...parsed.issues, ...notHere(parsed.model), ...resolution.issues];
  if (hasErrors(issues)) return { ok: false, issues };
  const desired = render(parsed.model, [resolution], { cluster: true });
  return { ok: true, digest, wanted: { resolution, desired, issues } };
}

/** The rest of the document is checked, and is for the agents of nodes. */
function deriveHost({ lxd }: NetworkModel, { name }: NodeFacts): Wanted {
  return {
    resolution: { node: name, groups: [], peers: [], issues: [] },
    desired: {
      covers: [],
      resources: [],
      nodes: [],
      unknownPools: 'not-managed',
      host: lxd === undefined ? { pruneIn: [] } : { settings: lxd, pruneIn: [lxd.project] },
    },
    issues: lxd === undefined ? [noLxd()] : [],
  };
}

function noLxd(): Issue {
  const message = 'this agent has the role lxd-host, and the configuration has no lxd section';
  return issueAt({ pointer: '' }, 'note', 'lxd-not-managed', message);
}

function notHere({ lxd }: NetworkModel): readonly Issue[] {
  if (lxd === undefined) return [];
  const message = 'the lxd section is for agents in the role lxd-host; this one leaves it alone';
  return [issueAt(lxd.place, 'note', 'lxd-not-here', message)];
}
