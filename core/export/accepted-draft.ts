/**
 * Takes out of a draft the parts that the parser refuses, until it accepts the rest. So an export
 * never has anything that check would refuse, and needs no rules of its own for that.
 */
import { parseConfig } from '../config/parse.ts';
import type { Issue } from '../issue.ts';
import { documentText } from './text/document-text.ts';
import type { Draft } from './draft.ts';
import { refusedPart, withoutParts } from './left-out/refused-parts.ts';
import { exportIssue } from './left-out/left-out.ts';

export interface AcceptedDraft {
  readonly draft: Draft;
  readonly text: string;
  /** An error among them: the parser refuses a part that could not be taken out. */
  readonly issues: readonly Issue[];
}

export function acceptedDraft(first: Draft): AcceptedDraft {
  const issues: Issue[] = [];
  let draft = first;
  for (;;) {
    const text = documentText(draft);
    const errors = parseConfig(text).issues.filter(({ severity }) => severity === 'error');
    const [error] = errors;
    if (error === undefined) return { draft, text, issues };
    const refused = new Map(
      errors.map((one) => refusedPart(draft, one)).filter((one) => one !== undefined),
    );
    if (refused.size === 0) {
      const message = `cannot export the cluster as one document: ${error.message}`;
      issues.push(exportIssue('error', 'export-refused', message, error.hint));
      return { draft, text, issues };
    }
    issues.push(...refused.values());
    draft = withoutParts(draft, new Set(refused.keys()));
  }
}
