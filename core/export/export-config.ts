/** A living cluster's BGP and pools → a document of the native dialect that means the same. */
import { maxConfigBytes } from '../config/parse.ts';
import type { Issue } from '../issue.ts';
import { printable } from '../printable.ts';
import type { SurveyedCluster } from '../survey/surveyed-cluster.ts';
import { acceptedDraft } from './accepted.ts';
import type { Draft } from './draft.ts';
import { draftConfig } from './draft-config.ts';
import { exportIssue } from './unsaid.ts';

export interface ExportedConfig {
  /** A NetworkConfig of apiVersion calico-agent/v1. It parses without errors unless an issue is one. */
  readonly text: string;
  /** What the document cannot say, object by object: it stays as it is in the cluster. */
  readonly issues: readonly Issue[];
}

const toldInText = 20;

/** Pure: the same survey, in whatever order, gives the same text. */
export function exportConfig(survey: SurveyedCluster): ExportedConfig {
  const drafted = draftConfig(survey);
  const accepted = acceptedDraft(drafted.draft);
  const issues = [...drafted.issues, ...accepted.issues];
  const head = headLines(survey, accepted.draft, issues).map((line) => `# ${line}`.trimEnd());
  const text = `${head.join('\n')}\n${accepted.text}`;
  const tooLarge = issues.some(({ severity }) => severity === 'error') ? [] : sizeIssues(text);
  return { text, issues: [...issues, ...tooLarge] };
}

function headLines(
  { nodes, resources }: SurveyedCluster,
  draft: Draft,
  issues: readonly Issue[],
): readonly string[] {
  const count = (kind: string): number =>
    resources.filter(({ resource }) => resource.kind === kind).length;
  const found = `${nodes.length} nodes, ${count('BGPPeer')} BGPPeers, ${count('IPPool')} IPPools`;
  const isEmpty =
    Object.keys(draft.bgp).length === 1 &&
    [draft.bgp.peers, draft.pools, draft.groups].every((list) => list.length === 0);
  const told = issues.filter(({ severity }) => severity !== 'note').map(({ message }) => message);
  const more = told.length > toldInText ? [`- and ${told.length - toldInText} more`] : [];
  return [
    `The network of a living cluster, as it was found: ${found}.`,
    ...(isEmpty ? ['There is nothing yet that this document could say.'] : []),
    ...(told.length === 0 ? [] : ['', 'Not in this document:']),
    ...told.slice(0, toldInText).map((message) => `- ${printable(message)}`),
    ...more,
  ];
}

function sizeIssues(text: string): readonly Issue[] {
  if (new TextEncoder().encode(text).length <= maxConfigBytes) return [];
  const message = `the cluster cannot be said in one document: it is larger than ${maxConfigBytes} bytes`;
  const hint = 'give nodes that are alike the same settings, or write subnets for lists of nodes';
  return [exportIssue('error', 'export-refused', message, hint)];
}
