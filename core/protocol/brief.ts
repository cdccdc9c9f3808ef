/** The short form of issues that an agent sends and a controller keeps, bounded for any sender. */
import type { NackMessage } from '../../schemas/generated/channel-message.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';

/** Both are of schemas/issue.schema.json. */
type IssueDocument = NackMessage['issues'][number] & AgentStatus['issues'][number];

const maxText = 1000;
const maxIssues = 10;

export function briefText(text: string): string {
  return text.slice(0, maxText);
}

/** The first ones, with shortened texts; the form stays valid. */
export function briefIssues(issues: readonly IssueDocument[]): IssueDocument[] {
  return issues.slice(0, maxIssues).map(({ hint, ...issue }) => ({
    ...issue,
    pointer: briefText(issue.pointer),
    message: briefText(issue.message),
    ...(hint === undefined ? {} : { hint: briefText(hint) }),
  }));
}
