import { issueAt } from '../../findings.ts';
import type { Issue } from '../../issue.ts';
import type { ClusterEdit } from '../../platform/cluster/cluster-edit.ts';

/** An error at the place of the configuration that asks for the edit. */
export function clusterIssue(
  { reasons }: Pick<ClusterEdit, 'reasons'>,
  code: string,
  message: string,
  hint?: string,
): Issue {
  const place = reasons[0]?.place ?? { pointer: '' };
  return issueAt(place, 'error', code, message, hint);
}
