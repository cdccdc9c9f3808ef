/**
 * A hint for a selector that begins with "!" and has braces or ||: it breaks the YAML, and the
 * general hints of the YAML reader would not help.
 */
import type { Issue } from '../../issue.ts';

const unquoted = /(?:^|[\s{,"'])(?:selector|nodeSelector)["']?:\s+!/;
const hint = 'put quotes around the whole selector, from the "!" to its end';

/** Gives faults on the line of such a selector the hint; faults on later lines follow from it. */
export function withQuoteHints(issues: readonly Issue[], text: string): readonly Issue[] {
  if (!issues.some(({ code }) => code === 'yaml-syntax') || !text.includes('!')) return issues;
  const lines = text.split('\n');
  const isOfSelector = ({ code, line = 0, inside }: Issue): boolean =>
    code === 'yaml-syntax' && inside === undefined && unquoted.test(lines[line - 1] ?? '');
  const first = issues.find(isOfSelector);
  if (first === undefined) return issues;
  return issues
    .filter(({ code, line = 0 }) => code !== 'yaml-syntax' || line <= (first.line ?? 0))
    .map((issue) => (isOfSelector(issue) ? { ...issue, hint } : issue));
}
