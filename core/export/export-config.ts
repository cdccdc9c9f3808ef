/** A living cluster's BGP and pools → a document of the native dialect that means the same. */
import type { Issue } from '../issue.ts';
import type { SurveyedCluster } from '../survey/surveyed-cluster.ts';

export interface ExportedConfig {
  /** A NetworkConfig of apiVersion calico-agent/v1; it always parses without errors. */
  readonly text: string;
  /** What the document cannot say, object by object: it stays as it is in the cluster. */
  readonly issues: readonly Issue[];
}

/** Pure: the same survey, in whatever order, gives the same text. */
export function exportConfig(survey: SurveyedCluster): ExportedConfig {
  void survey;
  return { text: 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n', issues: [] };
}
