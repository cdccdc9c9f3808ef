/**
 * Desired → text that calicoctl or kubectl applies as it is. What becomes of Nodes stands there as
 * commented commands: an applied whole Node would lose what Calico keeps in it.
 */
import { stringify } from 'yaml';
import type { NodeFacts } from '../facts/facts.ts';
import { describeReasons } from '../resolve/describe-reason.ts';
import type { RevisionRef } from '../revision/revision.ts';
import type { CalicoResource, Desired, DesiredNode, DesiredResource } from './desired.ts';
import { nodeCommands } from './node-commands.ts';
import { nodeDocument } from './node-document.ts';
import { managedBy, managedByLabel, stamped } from './ownership.ts';

export { nodeCommands } from './node-commands.ts';

export type Tool = 'calicoctl' | 'kubectl' | 'kubectl-v3';

export interface DocumentOptions {
  readonly for: Tool;
  /** Writes whole Nodes of these facts: for an empty datastore, and calicoctl only. */
  readonly nodes?: readonly NodeFacts[];
  /** Marks the resources as this revision's, so that an agent takes them for its own. */
  readonly revision?: RevisionRef;
}

/**
 * In the order in which they are to be applied: Nodes, pools, peers, and BGPConfiguration last,
 * because it may turn the mesh off.
 */
export function renderDocuments(desired: Desired, options: DocumentOptions): string {
  const { nodes } = options;
  const nodeTexts =
    nodes === undefined
      ? [commandsText(desired.nodes, options.for)]
      : desired.nodes.map((node) => wholeNode(node, nodes));
  const resources = desired.resources.toSorted(
    (one, other) => applyOrder[one.resource.kind] - applyOrder[other.resource.kind],
  );
  const texts = [...nodeTexts, ...resources.map((resource) => resourceText(resource, options))];
  return texts.filter((text) => text !== '').join('---\n');
}

const applyOrder = { IPPool: 0, BGPPeer: 1, BGPConfiguration: 2 } as const;

/** One document, without the `---` between documents. The marks are those it already has. */
export function resourceDocument(resource: CalicoResource, tool: Tool): string {
  const { kind, metadata, spec } = resource;
  const apiVersion = tool === 'kubectl' ? 'crd.projectcalico.org/v1' : 'projectcalico.org/v3';
  return yamlText({ apiVersion, kind, metadata, spec });
}

function resourceText(
  { resource, share, reasons }: DesiredResource,
  { for: tool, revision }: DocumentOptions,
): string {
  const labels = { ...resource.metadata.labels, [managedByLabel]: managedBy };
  const marked =
    revision === undefined
      ? { ...resource, metadata: { ...resource.metadata, labels } }
      : stamped(resource, share, revision);
  const because = describeReasons(Object.values(reasons).flat());
  return `# because: ${because}\n${resourceDocument(marked, tool)}`;
}

function commandsText(nodes: readonly DesiredNode[], tool: Tool): string {
  const lines = nodes.flatMap(({ name, settings }) => nodeCommands(name, settings, tool));
  if (lines.length === 0) return '';
  const head = 'Nodes are patched, never replaced. Run these before you apply the documents below:';
  return [head, ...lines].map((line) => `# ${line}\n`).join('');
}

function wholeNode(node: DesiredNode, all: readonly NodeFacts[]): string {
  const facts = all.find(({ name }) => name === node.name);
  if (facts === undefined) return '';
  const { document, comments } = nodeDocument(facts, node.settings);
  return comments.map((comment) => `# ${comment}\n`).join('') + yamlText(document);
}

/** Quotes whatever YAML 1.1 would take for something else than a text: kubectl reads that. */
function yamlText(document: object): string {
  return stringify(document, { lineWidth: 0, compat: 'yaml-1.1', aliasDuplicateObjects: false });
}
