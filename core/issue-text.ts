import { printable, printableData } from './printable.ts';
import type { Issue } from './issue.ts';

/**
 * An issue as compilers print theirs, so that editors can jump to it; with the hint on a line of
 * its own: `config.yaml:12:5: error: message [code]`.
 */
export function formatIssue(given: Issue, name: string): string {
  const issue = printableData(given);
  const fileName = printable(name);
  const head = `${position(issue, fileName)}: ${issue.severity}: ${issue.message} [${issue.code}]`;
  const details = detailsOf(issue);
  const line = details.length === 0 ? head : `${head} (${details.join('; ')})`;
  return issue.hint === undefined ? line : `${line}\n  hint: ${issue.hint}`;
}

function position({ line, column }: Issue, fileName: string): string {
  if (line === undefined) return fileName;
  return column === undefined
    ? `${fileName}:${String(line)}`
    : `${fileName}:${String(line)}:${String(column)}`;
}

function detailsOf({ inside, line, node, pointer }: Issue): string[] {
  const details: string[] = [];
  if (inside !== undefined) {
    details.push(
      `${inside.option}, line ${inside.line}, column ${inside.column} inside the string`,
    );
  } else if (line === undefined && pointer !== '') {
    details.push(`at ${pointer}`);
  }
  if (node !== undefined) details.push(`node ${node}`);
  return details;
}
