/** A finding in an input: with its place, the expected form, and how to mend it. */

/** The place of a value in an input. */
export interface Place {
  /** RFC 6901 JSON pointer; continues into YAML that is held in a string: /unit-as-numbers/0. */
  readonly pointer: string;
  /** 1-based, in the input's text as an editor shows it; absent: there was no text. */
  readonly line?: number;
  readonly column?: number;
  /** The place inside a string that itself holds YAML: an option's name, and line and column in it. */
  readonly inside?: { readonly option: string; readonly line: number; readonly column: number };
}

/**
 * error: the input is refused. warning: it is accepted, but probably a mistake. note: for
 * information.
 */
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

/** The issues for a person who makes a change; only check and render show notes as well. */
export function withoutNotes(issues: readonly Issue[]): readonly Issue[] {
  return issues.filter((issue) => issue.severity !== 'note');
}

/** RFC 6901: one reference token, escaped. */
export function pointerToken(token: string | number): string {
  return String(token).replaceAll('~', '~0').replaceAll('/', '~1');
}
