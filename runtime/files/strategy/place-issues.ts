/** The places of issues that a daemon found in a strategy, which it got without its text. */
import { placeIn } from '../../../core/config/yaml/located.ts';
import { locate } from '../../../core/config/yaml/located-yaml.ts';
import { textBounds } from '../../../core/input/bounds.ts';
import type { Issue } from '../../../core/issue.ts';
import { readTextFile } from '../read-text-file.ts';

/** Without lines where the file cannot be read any more. */
export async function placeIssues(
  file: string,
  issues: readonly Issue[],
): Promise<readonly Issue[]> {
  const text = await readTextFile(file, textBounds.strategy.maxBytes).catch(() => undefined);
  const located = text === undefined ? undefined : locate(text, textBounds.strategy);
  if (located?.ok !== true) return issues;
  return issues.map((issue) =>
    issue.line === undefined ? { ...issue, ...placeIn(located.root, issue.pointer) } : issue,
  );
}
