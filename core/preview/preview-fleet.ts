/** Compares a configuration with an earlier one on all known nodes. */
import type {
  Base,
  FleetPreview,
  IssueDocument,
  OldNode,
  Traffic,
} from '../../schemas/generated/fleet-preview.ts';
import { byText } from '../by-text.ts';
import { withoutGuesses } from '../config/checks/mesh.ts';
import { parseConfig } from '../config/parse.ts';
import { checkFleet } from '../fabric/check-fleet.ts';
import { lostRoutes, type RoutingFleet } from '../fabric/routes/lost-routes.ts';
import type { NodeFacts } from '../facts/facts.ts';
import { hasErrors, type Issue } from '../issue.ts';
import { diffCluster, keptSettings } from './diff-cluster.ts';
import { diffNodes, sessionCounts } from './diff-node.ts';
import { diffSections } from './diff-sections.ts';
import { meshDifference } from './diff-sessions.ts';
import { fleetState, type FleetState } from './fleet-state.ts';
import { groupNodes, shownResource, wholeChanges } from './group-nodes.ts';
import { isMeshOn, needsStep, type FleetDifference } from './needs-step.ts';
import { sessionMap } from './node-sessions.ts';
import { bounds, shownNames } from './shown.ts';

export interface PreviewQuestion {
  /** A NetworkConfig of either dialect, YAML or JSON. */
  readonly text: string;
  /** Absent: compare with nothing. */
  readonly base?: Base & { readonly text: string };
  readonly nodes: readonly NodeFacts[];
  /** Nodes that are away. */
  readonly away: readonly OldNode[];
  /** Names of nodes whose stored record cannot be read. */
  readonly unreadable: readonly string[];
  /** Names of nodes of which everything is shown, at most 20. */
  readonly chosen: readonly string[];
}

export type PreviewAnswer =
  | {
      readonly ok: true;
      readonly preview: FleetPreview;
      /** The issues of the preview that are not of the check: about pools that go or cannot change. */
      readonly ofResources: readonly Issue[];
    }
  /** The text of the base cannot be read by this version. */
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * Pure, and the same for the same question.
 * @param enter is called with each phase before it begins
 */
export function previewFleet(
  question: PreviewQuestion,
  enter: (phase: string) => void = () => undefined,
): PreviewAnswer {
  enter('reading the text');
  const parsed = parseConfig(question.text);
  if (!parsed.ok) {
    return { ok: true, preview: unreadText(question, parsed.issues), ofResources: [] };
  }
  const base = question.base === undefined ? undefined : parseConfig(question.base.text);
  if (base?.ok === false) return { ok: false, issues: base.issues };
  enter(`comparing it on ${String(question.nodes.length)} nodes`);
  const nodes = question.nodes.toSorted((one, other) => byText(one.name, other.name));
  const before = base === undefined ? undefined : fleetState(base.model, nodes);
  const after = fleetState(parsed.model, nodes, before);
  const compared = compare(question, before, after);
  enter('checking it');
  const issues = [...checkIssues(parsed, nodes, after), ...compared.issues];
  const preview = withIssues(compared.preview, issues);
  return { ok: true, preview, ofResources: compared.issues };
}

/** The preview with these issues, and the outcome that follows from them. */
export function withIssues(preview: FleetPreview, issues: readonly Issue[]): FleetPreview {
  const shown: IssueDocument[] = [...issues];
  if (hasErrors(issues)) return { ...preview, issues: shown, outcome: 'refused' };
  const { clusterWide, nodes } = preview;
  const isSame =
    nodes.changed === 0 && clusterWide.resources.length === 0 && clusterWide.sections.length === 0;
  return { ...preview, issues: shown, outcome: isSame ? 'same' : 'changes' };
}

/** As a push checks it. Without any node every rule would seem to match none. */
function checkIssues(
  { issues }: { readonly issues: readonly Issue[] },
  nodes: readonly NodeFacts[],
  { given, resolved }: FleetState,
): readonly Issue[] {
  if (nodes.length === 0) return issues;
  return [...withoutGuesses(issues), ...checkFleet(given, nodes, resolved)];
}

function compare(
  question: PreviewQuestion,
  before: FleetState | undefined,
  after: FleetState,
): { readonly preview: FleetPreview; readonly issues: readonly Issue[] } {
  const mesh = meshDifference(sessionMap(before), sessionMap(after));
  const nodes = diffNodes(before, after, mesh);
  const cluster = diffCluster(before, after);
  const sections = diffSections(before?.given, after.given);
  const difference: FleetDifference = {
    before,
    after,
    nodes,
    cluster: cluster.resources,
    sections,
  };
  const { changes, left } = groupNodes(nodes, mesh);
  const wanted = new Set(question.chosen);
  const chosen = nodes.filter((one) => wanted.has(one.after.facts.name));
  const away = new Map(question.away.map((one) => [one.name, one] as const));
  const preview: FleetPreview = {
    ...emptyPreview(question),
    digest: after.given.digest,
    nodes: { ...known(question), changed: nodes.length },
    sessions: sumOf(nodes),
    changes: changes.map((one) => withFacts(one, away)),
    left,
    ...(wanted.size > 0 && {
      chosen: wholeChanges(chosen, mesh).map((one) => withFacts(one, away)),
    }),
    clusterWide: {
      ...meshChange(before, after),
      resources: cluster.resources
        .slice(0, bounds.clusterResources)
        .map((one) => shownResource(one)),
      left: Math.max(0, cluster.resources.length - bounds.clusterResources),
      sections,
      kept: keptSettings(before, after),
    },
    needsStep: needsStep(difference),
    traffic: before === undefined ? noBase : traffic(before, after),
  };
  return { preview, issues: cluster.issues };
}

function sumOf(nodes: FleetDifference['nodes']): FleetPreview['sessions'] {
  const sum = { gained: 0, lost: 0, changed: 0 };
  for (const one of nodes) {
    const counts = sessionCounts(one);
    sum.gained += counts.gained;
    sum.lost += counts.lost;
    sum.changed += counts.changed;
  }
  return sum;
}

type NodeChange = FleetPreview['changes'][number];

function withFacts(change: NodeChange, away: ReadonlyMap<string, OldNode>): NodeChange {
  const [name = ''] = change.nodes.first;
  const facts = change.nodes.count === 1 ? away.get(name) : undefined;
  return facts === undefined ? change : { ...change, facts };
}

function meshChange(
  before: FleetState | undefined,
  after: FleetState,
): Pick<FleetPreview['clusterWide'], 'mesh'> {
  const was = before?.model.bgp.nodeToNodeMesh?.value;
  const is = after.model.bgp.nodeToNodeMesh?.value;
  if (was === is || (before !== undefined && isMeshOn(before) === isMeshOn(after))) return {};
  return {
    mesh: { ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) },
  };
}

const noBase: Traffic = {
  notChecked: 'there is nothing to compare it with',
  lost: [],
  left: 0,
};

function traffic(before: FleetState, after: FleetState): Traffic {
  const found = lostRoutes(routing(before), routing(after));
  if (!found.ok) {
    const notChecked = `the fleet has ${String(found.kinds)} kinds of nodes, which are too many to compare`;
    return { notChecked, lost: [], left: 0 };
  }
  const lost = found.lost.slice(0, bounds.lost).map(({ family, from, to }) => ({
    family,
    from: shownNames(from),
    to: shownNames(to),
  }));
  return { lost, left: found.lost.length - lost.length };
}

function routing({ model, nodes }: FleetState): RoutingFleet {
  return {
    model,
    nodes: nodes.map(({ facts }) => facts),
    resolutions: nodes.map(({ resolution }) => resolution),
  };
}

function unreadText(question: PreviewQuestion, issues: readonly Issue[]): FleetPreview {
  const found: IssueDocument[] = [...issues];
  return { ...emptyPreview(question), outcome: 'refused', issues: found };
}

function emptyPreview(question: PreviewQuestion): FleetPreview {
  const { base, away } = question;
  const oldest = away.toSorted((one, other) => other.ageSeconds - one.ageSeconds);
  return {
    formatVersion: 1,
    outcome: 'same',
    ...(base !== undefined && { base: baseOf(base) }),
    nodes: { ...known(question), changed: 0 },
    sessions: { gained: 0, lost: 0, changed: 0 },
    changes: [],
    left: 0,
    clusterWide: { resources: [], left: 0, sections: [], kept: [] },
    needsStep: [],
    traffic: { lost: [], left: 0 },
    issues: [],
    oldFacts: { nodes: away.length, first: oldest.slice(0, bounds.oldNodes) },
    notKnown,
  };
}

function baseOf({ lineage, number, digest, isRolledBack, lacking }: Base): Base {
  return {
    ...{ lineage, number, digest },
    ...(isRolledBack === true && { isRolledBack }),
    ...(lacking !== undefined && { lacking }),
  };
}

function known({
  nodes,
  unreadable,
}: PreviewQuestion): Pick<FleetPreview['nodes'], 'known' | 'unreadable'> {
  return {
    known: nodes.length,
    ...(unreadable.length > 0 && { unreadable: shownNames(unreadable) }),
  };
}

const notKnown =
  "a preview compares configurations: it does not know the objects in the datastore, such as adopted ones, BGPPeers of others or drift, nor the files of the nodes; calico-agent plan on a node shows that node's real plan";
