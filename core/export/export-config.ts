/** A running cluster's BGP and pools → a document of the native dialect that means the same. */
import { textAt } from '../input/plain-data.ts';
import { maxConfigBytes } from '../config/parse.ts';
import type { Issue } from '../issue.ts';
import { printable } from '../printable.ts';
import type { SurveyedCluster } from '../survey/surveyed-cluster.ts';
import { acceptedDraft } from './accepted-draft.ts';
import type { Draft } from './draft.ts';
import { draftConfig } from './draft-config.ts';
import { exportIssue } from './left-out/left-out.ts';

export interface ExportedConfig {
  /** A NetworkConfig of apiVersion calico-agent/v1. It parses without errors unless an issue is one. */
  readonly text: string;
  /**
   * The parts that the document cannot express, object by object; they stay in the cluster as they
   * are.
   */
  readonly issues: readonly Issue[];
}

const maxInText = 20;

/** Pure: the same survey, in any order, gives the same text. */
export function exportConfig(survey: SurveyedCluster): ExportedConfig {
  const drafted = draftConfig(survey);
  const accepted = acceptedDraft(drafted.draft);
  const issues = [...drafted.issues, ...accepted.issues];
  // An empty document would remove the resources that an agent made for the previous one.
  if (isEmpty(accepted.draft)) return { text: '', issues: [...issues, nothing(survey)] };
  const head = headLines(survey, issues).map((line) => `# ${printable(line)}`.trimEnd());
  const text = `${head.join('\n')}\n${accepted.text}`;
  const tooLarge = issues.some(({ severity }) => severity === 'error') ? [] : sizeIssues(text);
  return { text, issues: [...issues, ...tooLarge] };
}

function headLines(
  { nodes, documents }: SurveyedCluster,
  issues: readonly Issue[],
): readonly string[] {
  const count = (kind: string): number =>
    documents.filter((document) => textAt(document, 'kind') === kind).length;
  const found = `${nodes.length} nodes, ${count('BGPPeer')} BGPPeers, ${count('IPPool')} IPPools`;
  const shown = issues.filter(({ severity }) => severity !== 'note').map(({ message }) => message);
  const more = shown.length > maxInText ? [`- and ${shown.length - maxInText} more`] : [];
  return [
    `The network of a living cluster, as it was found: ${found}.`,
    ...(shown.length === 0 ? [] : ['', 'Not in this document:']),
    ...shown.slice(0, maxInText).map((message) => `- ${printable(message)}`),
    ...more,
  ];
}

function isEmpty({ bgp, pools, groups }: Draft): boolean {
  const lists = [Object.keys(bgp.settings), bgp.peers, pools, groups];
  return bgp.peering === undefined && lists.every((list) => list.length === 0);
}

function nothing({ nodes }: SurveyedCluster): Issue {
  const found = nodes.length === 0 ? 'no nodes' : `${nodes.length} nodes without settings of BGP`;
  const message = `there is nothing to export: no BGPPeer, no IPPool and no BGPConfiguration that a document can say, and ${found}`;
  const hint =
    'is this where Calico keeps its objects? choose with --from, --kubeconfig or --directory';
  return exportIssue('error', 'export-empty', message, hint);
}

function sizeIssues(text: string): readonly Issue[] {
  if (new TextEncoder().encode(text).length <= maxConfigBytes) return [];
  const message = `the cluster does not fit into one document: it is larger than ${maxConfigBytes} bytes`;
  const hint = 'give nodes that are alike the same settings, or write subnets for lists of nodes';
  return [exportIssue('error', 'export-refused', message, hint)];
}
