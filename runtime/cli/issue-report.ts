/** Issues as text, and the number of each kind. */
import { formatIssue } from '../../core/issue-text.ts';
import type { Issue, Severity } from '../../core/issue.ts';

/** The issues of one input. */
export interface InputIssues {
  readonly name: string;
  readonly issues: readonly Issue[];
}

/** One line per issue (and one for its hint), each ended; empty where there are none. */
export function formatIssues(inputs: readonly InputIssues[]): string {
  return inputs
    .flatMap(({ name, issues }) => issues.map((issue) => `${formatIssue(issue, name)}\n`))
    .join('');
}

/** `2 errors, 1 warning`; notes are not counted. Empty where there is neither. */
export function countIssues(issues: readonly Issue[]): string {
  const counts = (['error', 'warning'] as const).flatMap((severity) => {
    const count = issues.filter((issue) => issue.severity === severity).length;
    return count === 0 ? [] : [counted(count, severity)];
  });
  return counts.join(', ');
}

export function counted(count: number, noun: Severity | (string & {})): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
