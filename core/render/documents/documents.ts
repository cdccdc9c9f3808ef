/**
 * Desired → text that calicoctl or kubectl applies as it is. The changes of Nodes are commands in
 * comments, because an applied whole Node would lose Calico's data in it.
 */
import type { CalicoResource } from '../../calico/resource.ts';
import type { NodeFacts } from '../../facts/facts.ts';
import { printable } from '../../printable.ts';
import { imageSteps } from '../../platform/images/by-hand.ts';
import { describeReasons } from '../../resolve/describe-reason.ts';
import type { RevisionRef } from '../../revision/revision.ts';
import { yamlText } from '../../yaml-text.ts';
import type { Desired, DesiredNode, DesiredResource } from '../desired.ts';
import { replacesComment } from './calicoctl-replaces.ts';
import { nodeCommands } from './node-commands.ts';
import { nodeDocument } from './node-document.ts';
import { metalLbDocuments } from '../metallb/metallb-documents.ts';
import { managedBy, managedByLabel, stamped } from '../ownership.ts';
import { wholeNodesWarning } from './whole-nodes.ts';

export { nodeCommands } from './node-commands.ts';

export type Tool = 'calicoctl' | 'kubectl' | 'kubectl-v3';

export interface DocumentOptions {
  readonly for: Tool;
  /** Writes whole Nodes of these facts: for an empty datastore, and calicoctl only. */
  readonly nodes?: readonly NodeFacts[];
  /** Marks the resources as this revision's, so that an agent recognises them as its own. */
  readonly revision?: RevisionRef;
}

/**
 * The documents in the order in which to apply them: Nodes, pools, peers, and BGPConfiguration
 * last, because it may turn the mesh off; then MetalLB's objects, for kubectl. Commands are at the head of the first document, because
 * comments alone before a `---` would be an empty document, which calicoctl refuses.
 */
export function renderDocuments(desired: Desired, options: DocumentOptions): string {
  return [...documentParts(desired, options)].join('');
}

/** The parts of `renderDocuments`, one document after another. */
export function* documentParts(
  desired: Desired,
  options: DocumentOptions,
): Generator<string, void> {
  const { nodes } = options;
  const wholeNodes = nodes === undefined ? [] : desired.nodes.map((node) => wholeNode(node, nodes));
  const resources = desired.resources.toSorted(
    (one, other) => applyOrder[one.resource.kind] - applyOrder[other.resource.kind],
  );
  const found = wholeNodes.filter((text) => text !== '');
  // calicoctl knows Calico's kinds only: check-tool.ts says so.
  const { metallb } = desired;
  const ofMetalLb =
    metallb === undefined || options.for === 'calicoctl' ? [] : metalLbDocuments(metallb);
  const areDocumentsBelow = found.length + resources.length + ofMetalLb.length > 0;
  const commands =
    commandsText(nodes === undefined ? commandsOf(desired, options) : [], areDocumentsBelow) +
    imagesText(desired);
  yield commands;
  if (commands !== '' && areDocumentsBelow) yield '\n';
  let between = '';
  for (const text of found) {
    yield between + text;
    between = '---\n';
  }
  for (const resource of resources) {
    yield between + resourceText(resource, options);
    between = '---\n';
  }
  for (const text of ofMetalLb) {
    yield between + text;
    between = '---\n';
  }
}

function commandsOf(desired: Desired, { for: tool }: DocumentOptions): readonly string[] {
  return desired.nodes.flatMap(({ name, settings }) => nodeCommands(name, settings, tool));
}

const applyOrder = { IPPool: 0, BGPPeer: 1, BGPConfiguration: 2 } as const;

/**
 * One document, with comments about its effects, and without the `---` between documents. It keeps
 * its marks.
 */
export function resourceDocument(resource: CalicoResource, tool: Tool): string {
  const { kind, metadata, spec } = resource;
  const apiVersion = tool === 'kubectl' ? 'crd.projectcalico.org/v1' : 'projectcalico.org/v3';
  return replacesComment(resource, tool) + yamlText({ apiVersion, kind, metadata, spec });
}

function resourceText(
  { resource, scope, reasons }: DesiredResource,
  { for: tool, revision }: DocumentOptions,
): string {
  const labels = { ...resource.metadata.labels, [managedByLabel]: managedBy };
  const marked =
    revision === undefined
      ? { ...resource, metadata: { ...resource.metadata, labels } }
      : stamped(resource, scope, revision);
  const because = describeReasons(Object.values(reasons).flat());
  return `# because: ${printable(because)}\n${resourceDocument(marked, tool)}`;
}

function commandsText(commands: readonly string[], areDocumentsBelow: boolean): string {
  if (commands.length === 0) return '';
  const when = areDocumentsBelow
    ? 'Run these before you apply the documents below:'
    : 'Run these; there is nothing else to apply:';
  const lines = [`Nodes are patched, never replaced. ${when}`, ...commands];
  return lines.map((line) => `# ${printable(line)}\n`).join('');
}

/** No tool makes these changes of documents: a part of a workload, or settings of another program. */
function imagesText({ images }: Desired): string {
  if (images === undefined) return '';
  const lines = imageSteps(images).flatMap(({ title, commands }) => [
    `${title}:`,
    // Indented, so that they are no commands for Nodes to whoever picks those out: docs/kubernetes.md.
    ...commands.map((command) => `  ${command}`),
  ]);
  if (lines.length === 0) return '';
  return ["Calico's images are changed once for the cluster.", ...lines]
    .map((line) => `# ${printable(line)}\n`)
    .join('');
}

function wholeNode(node: DesiredNode, all: readonly NodeFacts[]): string {
  const facts = all.find(({ name }) => name === node.name);
  if (facts === undefined) return '';
  const { document, comments: unknown } = nodeDocument(facts, node.settings);
  const { message, hint = '' } = wholeNodesWarning;
  const comments = [`warning: ${message}`, hint, ...unknown];
  return comments.map((comment) => `# ${printable(comment)}\n`).join('') + yamlText(document);
}
