/** Reports a configuration that a daemon refused: its issues, as `check` shows them. */
import { withoutNotes } from '../../core/issue.ts';
import { printable } from '../../core/printable.ts';
import { AppError, exitStatusOf } from '../errors.ts';
import { formatIssues } from './issue-report.ts';
import { write } from './print.ts';
import type { ExitStatus, Terminal } from './terminal.ts';

export interface RefusedInput {
  /** The program's name, as `calico-agent`. */
  readonly program: string;
  /** The input's name, before each of its issues. */
  readonly name: string;
}

/** @throws every error that has no issues */
export async function reportRefusal(
  error: unknown,
  { program, name }: RefusedInput,
  { stderr }: Pick<Terminal, 'stderr'>,
): Promise<ExitStatus> {
  if (!(error instanceof AppError) || error.issues.length === 0) throw error;
  const { issues } = error;
  await write(stderr, formatIssues([{ name, issues: withoutNotes(issues) }]));
  await write(stderr, `${program}: ${printable(error.message)}\n`);
  return exitStatusOf(error);
}
