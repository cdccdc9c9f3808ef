/** Gathers the issues of a check, so that a person gets all of them at once. */
import type { Issue, Place, Severity } from './issue.ts';

export interface Findings {
  readonly issues: readonly Issue[];
  readonly error: Finding;
  readonly warning: Finding;
  readonly note: Finding;
  add(issues: readonly Issue[]): void;
}

type Finding = (place: Place, code: string, message: string, hint?: string) => void;

export function gatherFindings(): Findings {
  const issues: Issue[] = [];
  const finding =
    (severity: Severity): Finding =>
    (place, code, message, hint) => {
      issues.push(issueAt(place, severity, code, message, hint));
    };
  return {
    issues,
    error: finding('error'),
    warning: finding('warning'),
    note: finding('note'),
    add: (more) => {
      for (const issue of more) issues.push(issue);
    },
  };
}

export function issueAt(
  { pointer, line, column, inside }: Place,
  severity: Severity,
  code: string,
  message: string,
  hint?: string,
): Issue {
  return {
    severity,
    code,
    pointer,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    ...(inside === undefined ? {} : { inside }),
    message,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** A place in the text of a message: "at line 3, column 5", also inside a string. */
export function describePlace({ pointer, line, column, inside }: Place): string {
  if (inside !== undefined) {
    return `in ${inside.option} at line ${inside.line}, column ${inside.column}`;
  }
  return line === undefined || column === undefined
    ? `at ${pointer}`
    : `at line ${line}, column ${column}`;
}
