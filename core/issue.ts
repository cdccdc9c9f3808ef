/**
 * What is wrong, or worth knowing, about an input: always with a place, what was expected, and
 * how to mend it.
 */

/** Where a value stands in an input. */
export interface Place {
  /** RFC 6901 JSON pointer; continues into YAML that is held in a string: /unit-as-numbers/0. */
  readonly pointer: string;
  /** 1-based, in the input's text as an editor shows it. Absent where there was no text. */
  readonly line?: number;
  readonly column?: number;
  /** The place inside a string that itself holds YAML: an option's name, and line and column in it. */
  readonly inside?: { readonly option: string; readonly line: number; readonly column: number };
}

/** error: refused. warning: accepted, and probably not what was meant. note: good to know. */
export type Severity = 'error' | 'warning' | 'note';

export interface Issue extends Place {
  readonly severity: Severity;
  /** Stable, kebab-case; tests and users' scripts rely on it. */
  readonly code: string;
  /** The node whose resolution shows it. */
  readonly node?: string;
  /** One sentence, lower case, no full stop. */
  readonly message: string;
  /** How to mend it. */
  readonly hint?: string;
}

export function hasErrors(issues: readonly Issue[]): boolean {
  return issues.some((issue) => issue.severity === 'error');
}

export function onNode(issue: Issue, node: string): Issue {
  return { ...issue, node };
}

/** What a person who is busy with a change has to see; check and render show the notes too. */
export function withoutNotes(issues: readonly Issue[]): readonly Issue[] {
  return issues.filter((issue) => issue.severity !== 'note');
}

/** RFC 6901: one reference token, escaped. */
export function pointerToken(token: string | number): string {
  return String(token).replaceAll('~', '~0').replaceAll('/', '~1');
}
