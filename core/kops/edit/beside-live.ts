/** An edited document beside the running cluster: what the edit would break there is refused. */
import type { Issue } from '../../issue.ts';
import { judge, type NamedVersions } from '../check/check-cluster.ts';
import type { JudgedCluster } from '../document/facts.ts';
import { readClusters } from '../document/read-clusters.ts';
import { compareLiving, livingIssues } from '../living/compare-living.ts';
import type { LivingCluster } from '../living/living-cluster.ts';
import type { Reach } from '../../platform/cluster/reach.ts';
import type { EditedCluster } from './edit-cluster.ts';

export interface LiveEdit extends NamedVersions {
  readonly acceptLoss: boolean;
  /** The document, as a word of a shell. */
  readonly file: string;
  readonly reach?: Reach;
}

/** A difference that breaks the network, and that the old document has as well, does not stop an edit. */
export function besideLive(
  before: JudgedCluster,
  edited: EditedCluster,
  live: LivingCluster,
  { acceptLoss, file, reach, ...versions }: LiveEdit,
): EditedCluster {
  const after = readClusters(edited.text).clusters.find(({ index }) => index === before.index);
  if (edited.refusals.length > 0 || after === undefined) return edited;
  const issuesOf = (cluster: JudgedCluster): readonly Issue[] =>
    livingIssues(compareLiving(cluster, live), cluster, file, reach);
  const known = new Set(issuesOf(before).map(({ code, message }) => `${code} ${message}`));
  const found = issuesOf(judge(after, versions));
  const isRefused = ({ severity, code, message }: Issue): boolean =>
    severity === 'error' && !acceptLoss && !known.has(`${code} ${message}`);
  const warnings = found.filter((issue) => !isRefused(issue));
  return {
    ...edited,
    refusals: found.filter(isRefused),
    warnings: [...edited.warnings, ...warnings.map(asWarning)],
  };
}

function asWarning(issue: Issue): Issue {
  return { ...issue, severity: 'warning' };
}
