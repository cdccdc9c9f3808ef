/**
 * A selector that begins with "!" and has braces or || breaks the YAML before anything is read of
 * it: then the general hints of the YAML reader lead nowhere.
 */
import type { Issue } from '../../issue.ts';

const unquoted = /(?:^|[\s{,"'])(?:selector|nodeSelector)["']?:\s+!/;
const hint = 'put quotes around the whole selector, from the "!" to its end';

/** Faults on the line of such a selector get its hint; those on later lines follow from it. */
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
