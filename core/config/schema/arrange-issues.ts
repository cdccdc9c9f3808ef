/** Arranges the issues of a document in its order; if there are too many, errors stay. */
import { maxIssuesTold } from '../../input/bounds.ts';
import type { Issue, Severity } from '../../issue.ts';

/** Codes of general schema issues, which give way to issues of our own checks at the same place. */
const schemaCodes = new Set([
  'wrong-type',
  'unknown-value',
  'out-of-range',
  'too-short',
  'too-long',
  'wrong-form',
  'wrong-value',
]);

/** Codes that are reported once per document, because they hold for all similar values. */
const saidOnce = new Set(['as-number-public', 'as-number-documentation', 'cluster-id-unset']);

export function arrangeIssues(issues: readonly Issue[]): readonly Issue[] {
  const sorted = withoutEchoes(issues).sort(byPlace);
  return limitIssues(withoutRepeats(sorted));
}

function withoutEchoes(issues: readonly Issue[]): Issue[] {
  const judged = new Set(
    issues
      .filter(({ severity, code }) => severity === 'error' && !schemaCodes.has(code))
      .map(({ pointer }) => pointer),
  );
  return issues.filter(({ code, pointer }) => !schemaCodes.has(code) || !judged.has(pointer));
}

function withoutRepeats(issues: readonly Issue[]): Issue[] {
  const repeats = new Map<string, number>();
  const kept: Issue[] = [];
  for (const issue of issues) {
    const before = repeats.get(likeness(issue));
    if (before === undefined) kept.push(issue);
    if (saidOnce.has(issue.code)) repeats.set(likeness(issue), (before ?? 0) + 1);
  }
  return kept.map((issue) => alsoAt(issue, (repeats.get(likeness(issue)) ?? 1) - 1));
}

function likeness({ code, message }: Issue): string {
  return `${code} ${message}`;
}

function alsoAt(issue: Issue, more: number): Issue {
  if (more === 0) return issue;
  const places = more === 1 ? '1 more place' : `${more} more places`;
  return { ...issue, message: `${issue.message} (also at ${places})` };
}

/** At most `maxIssuesTold`, and how many more there are. */
export function limitIssues(issues: readonly Issue[]): readonly Issue[] {
  if (issues.length <= maxIssuesTold) return issues;
  const errors = issues.filter(({ severity }) => severity === 'error');
  const others = issues.filter(({ severity }) => severity !== 'error');
  const kept = [...errors, ...others].slice(0, maxIssuesTold).sort(byPlace);
  const message = `${issues.length - maxIssuesTold} more issues are not shown`;
  return [...kept, { severity: 'note', code: 'more-issues', pointer: '', message }];
}

const severities: readonly Severity[] = ['error', 'warning', 'note'];

function byPlace(one: Issue, other: Issue): number {
  return (
    (one.line ?? 0) - (other.line ?? 0) ||
    (one.column ?? 0) - (other.column ?? 0) ||
    (one.inside?.line ?? 0) - (other.inside?.line ?? 0) ||
    (one.inside?.column ?? 0) - (other.inside?.column ?? 0) ||
    compareTexts(one.pointer, other.pointer) ||
    severities.indexOf(one.severity) - severities.indexOf(other.severity) ||
    compareTexts(one.code, other.code)
  );
}

function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
