import { formatIssue } from '../../../core/issue-text.ts';
import type { Issue } from '../../../core/issue.ts';
import { isPrintable, printable } from '../../../core/printable.ts';
import { AppError } from '../../../runtime/errors.ts';

export interface Door {
  readonly name: string;
  readonly samples: readonly string[];
  /** Returns the texts for people. May throw an AppError and nothing else. */
  readonly read: (text: string) => readonly Issue[] | Promise<readonly Issue[]>;
}

/** As JSON, one text for each value. */
export function texts(...values: readonly unknown[]): string[] {
  return values.map((one) => JSON.stringify(one));
}

/** For readers without texts for people: they only must not break. */
export function nothing(...results: readonly unknown[]): readonly Issue[] {
  void results;
  return [];
}

const longestMessage = 8192;

/** The fault in the answer of a door to a text; undefined: none. */
export async function faultOf({ read }: Door, text: string): Promise<string | undefined> {
  try {
    return faultOfIssues(await read(text));
  } catch (error) {
    if (error instanceof AppError && error.code !== 'internal') return faultOfError(error);
    return `threw ${printable(String(error)).slice(0, 200)}`;
  }
}

function faultOfIssues(issues: readonly Issue[]): string | undefined {
  if (issues.length > 502) return `${String(issues.length)} issues`;
  const raw = issues.find((issue) => !isPrintable(formatIssue(issue, 'x').replaceAll('\n', '')));
  return raw === undefined ? undefined : `unprintable: ${raw.code}`;
}

function faultOfError({ message, issues }: AppError): string | undefined {
  if (message.length > longestMessage) return `a message of ${String(message.length)} characters`;
  return faultOfIssues(issues);
}
