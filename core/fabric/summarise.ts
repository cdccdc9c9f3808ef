import type { Issue } from '../issue.ts';
import { nameSome } from '../name-some.ts';

/** The most issues of one code that are shown; the others are counted. */
const maxPerCode = 50;

/**
 * Merges issues of many nodes at the same place, and bounds the number of each code, so that 5,000
 * nodes give a short list. The order stays.
 */
export function summarise(issues: readonly Issue[]): readonly Issue[] {
  const findings = new Map<string, Issue[]>();
  for (const issue of issues) {
    const { code, pointer, line, column, message } = issue;
    const key = JSON.stringify([code, pointer, line, column, message]);
    const known = findings.get(key);
    if (known === undefined) findings.set(key, [issue]);
    else known.push(issue);
  }
  return limited([...findings.values()].flatMap(asOne));
}

function asOne(same: readonly Issue[]): readonly Issue[] {
  const [first] = same;
  if (first === undefined) return [];
  const nodes = same.flatMap(({ node }) => node ?? []);
  if (nodes.length < 2) return [first];
  return [
    { ...first, message: `${first.message}; so on ${nodes.length} nodes: ${nameSome(nodes)}` },
  ];
}

function limited(issues: readonly Issue[]): readonly Issue[] {
  const counts = new Map<string, number>();
  const kept = issues.filter(({ code }) => {
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    return count <= maxPerCode;
  });
  return [...kept, ...[...counts].flatMap(([code, count]) => leftOut(issues, code, count))];
}

function leftOut(issues: readonly Issue[], code: string, count: number): readonly Issue[] {
  const first = issues.find((issue) => issue.code === code);
  if (first === undefined || count <= maxPerCode) return [];
  const { severity, pointer } = first;
  const message = `${count - maxPerCode} more findings of this kind are not shown`;
  return [{ severity, code, pointer, message }];
}
