import type { Issue } from '../issue.ts';

export function onNode(issue: Issue, node: string): Issue {
  return { ...issue, node };
}
