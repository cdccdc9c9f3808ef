/** A configuration that the daemon refused: its reasons, as `check` shows them. */
import { withoutNotes } from '../../../core/issue.ts';
import { printable } from '../../../core/printable.ts';
import { AppError, exitStatusOf } from '../../../runtime/errors.ts';
import { countIssues, formatIssues } from '../output/issue-report.ts';
import { write } from '../output/print.ts';
import type { CliWorld, ExitStatus } from '../world.ts';

/** Any other error is passed on. */
export async function reportRefusal(
  error: unknown,
  name: string,
  { stderr }: Pick<CliWorld, 'stderr'>,
): Promise<ExitStatus> {
  if (!(error instanceof AppError) || error.issues.length === 0) throw error;
  const { issues } = error;
  const counts = countIssues(issues);
  await write(stderr, formatIssues([{ name, issues: withoutNotes(issues) }]));
  await write(
    stderr,
    `calico-agent: ${printable(error.message)}${counts === '' ? '' : ` (${counts})`}\n`,
  );
  return exitStatusOf(error);
}
