/** Derives a configuration: parse → check against the node's facts → resolve → render. */
import { issueAt } from '../findings.ts';
import { asNumbersOf } from '../config/as-numbers.ts';
import type { NetworkModel } from '../config/model.ts';
import { parseConfig } from '../config/parse.ts';
import type { NodeFacts } from '../facts/facts.ts';
import { hasErrors, type Issue } from '../issue.ts';
import type { Desired } from '../render/desired.ts';
import { imageEdits } from '../platform/images/cluster-edits.ts';
import type { ClusterEdit } from '../platform/cluster/cluster-edit.ts';
import { metalLbEdits } from '../render/metallb/cluster-edits.ts';
import { render } from '../render/render.ts';
import { resolveNode } from '../resolve/resolve-node.ts';
import { compileRules } from '../resolve/rules.ts';
import type { Decided, Phase, Question, Derived } from './question.ts';

/** @param enter is called with each phase before it begins */
export function decideConfig(
  { text, facts, reading }: Question,
  enter: (phase: Phase) => void = () => undefined,
): Decided {
  const { unitApplication, roles } = reading;
  const isLxdHost = roles.includes('lxd-host');
  enter('reading the text');
  const parsed = parseConfig(text, unitApplication === undefined ? {} : { unitApplication });
  if (!parsed.ok) return { ok: false, issues: parsed.issues };
  const { digest } = parsed.model;
  if (!roles.includes('node')) {
    const ofHost = decideHost(parsed.model, facts);
    const issues = [...parsed.issues, ...ofHost.issues];
    return { ok: true, digest, derived: { ...ofHost, issues } };
  }
  enter('resolving this node');
  const resolution = resolveNode(compileRules(parsed.model), facts);
  const ofLxd = isLxdHost ? lxdOf(parsed.model) : { issues: notHere(parsed.model) };
  const issues = [...parsed.issues, ...ofLxd.issues, ...resolution.issues];
  if (hasErrors(issues)) return { ok: false, issues };
  enter('rendering the resources');
  const rendered = render(parsed.model, [resolution], { cluster: true });
  const { platform, cloud } = parsed.model;
  const addresses = facts.addresses.map(({ address }) => address);
  const cluster = clusterEdits(rendered);
  const desired: Desired = {
    ...rendered,
    ...('lxd' in ofLxd && { lxd: ofLxd.lxd }),
    ...(platform !== undefined && { platform }),
    ...(cluster.length > 0 && { cluster }),
    ...(cloud !== undefined && { cloud: { settings: cloud, addresses } }),
  };
  const asNumbers = asNumbersOf(parsed.model);
  return { ok: true, digest, derived: { resolution, desired, issues, asNumbers } };
}

/** The edits of sections that say the same on every node. */
function clusterEdits({ metallb, images }: Desired): readonly ClusterEdit[] {
  return [
    ...(metallb === undefined ? [] : metalLbEdits(metallb)),
    ...(images === undefined ? [] : imageEdits(images)),
  ];
}

/**
 * For a host of LXD containers only: the other parts of the document are checked, and are for the
 * agents of nodes.
 */
function decideHost(model: NetworkModel, { name }: NodeFacts): Derived {
  const { lxd, issues } = lxdOf(model);
  return {
    resolution: { node: name, groups: [], peers: [], issues: [] },
    desired: { covers: [], resources: [], nodes: [], unknownPools: 'not-managed', lxd },
    issues,
  };
}

/** The lxd part, for an agent in the role lxd-host. */
function lxdOf({ lxd }: NetworkModel): {
  readonly lxd: NonNullable<Desired['lxd']>;
  readonly issues: readonly Issue[];
} {
  if (lxd === undefined) return { lxd: { pruneIn: [] }, issues: [noLxd()] };
  return { lxd: { settings: lxd, pruneIn: [lxd.project] }, issues: [] };
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
