/** The issues of a configuration and its strategy, each with its place in its file. */
import { withoutNotes, type Issue } from '../../../core/issue.ts';
import { formatIssues } from '../../../runtime/cli/issue-report.ts';
import { reportRefusal } from '../../../runtime/cli/refusal.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import { AppError } from '../../../runtime/errors.ts';
import { placeIssues } from '../../../runtime/files/strategy/place-issues.ts';
import type { CommandContext } from '../command-context.ts';

const codesOfStrategies: ReadonlySet<string> = new Set([
  'wave-without-nodes',
  'wave-with-unknown-nodes',
  'too-many-waves',
  'wave-after-barrier',
]);

/** The files from which the issues are. */
interface IssueFiles {
  /** Undefined: the built-in one. */
  readonly strategy: string | undefined;
  readonly config: string;
}

/** Errors and warnings, each with the name of its file. */
export async function issuesText(
  found: readonly Issue[],
  { strategy, config }: IssueFiles,
): Promise<string> {
  const issues = withoutNotes(found);
  const ofStrategy = issues.filter(({ code }) => codesOfStrategies.has(code));
  const ofConfig = issues.filter(({ code }) => !codesOfStrategies.has(code));
  return formatIssues([
    { name: config, issues: ofConfig },
    { name: nameOf(strategy), issues: await placed(strategy, ofStrategy) },
  ]);
}

function nameOf(strategy: string | undefined): string {
  return strategy ?? 'the strategy';
}

async function placed(
  strategy: string | undefined,
  issues: readonly Issue[],
): Promise<readonly Issue[]> {
  if (strategy === undefined || issues.length === 0) return issues;
  return placeIssues(strategy, issues);
}

/**
 * Reports the issues of the strategy, or of the configuration, with their places in its file.
 * @throws the error where it has no issues
 */
export async function reportRolloutRefusal(
  error: unknown,
  { strategy, config }: IssueFiles,
  context: CommandContext,
): Promise<ExitStatus> {
  const program = 'calico-controller';
  if (!(error instanceof AppError) || !isAboutStrategy(error)) {
    return reportRefusal(error, { program, name: config }, context);
  }
  const { code, message, issues: found } = error;
  const issues = await placed(strategy, found);
  const shown = issues.length === 0 ? error : new AppError(code, message, { issues });
  return reportRefusal(shown, { program, name: nameOf(strategy) }, context);
}

function isAboutStrategy(error: AppError): boolean {
  if (error.code === 'invalid-settings') return true;
  return error.issues.length > 0 && error.issues.every(({ code }) => codesOfStrategies.has(code));
}
